# SPDX-License-Identifier: MIT
"""The WordPress beside Apache's default page."""

from tests.lures.http.web import APACHE, request, web
from tests.support.lures import ask, serving


def blog_seed() -> str:
    """Return a seed whose decoy has a WordPress."""
    return next(seed for seed in map(str, range(50)) if web(APACHE, seed=seed).resources._application)


async def test_login_is_refused_by_name_and_recorded() -> None:
    async with serving(web(APACHE, seed=blog_seed())) as served:
        form = await ask(served, request("GET /wp-login.php HTTP/1.1"))
        refused = await ask(served, request("POST /wp-login.php HTTP/1.1", body=b"log=adm<in&pwd=hunter2&wp-submit=Log+In"))
    assert b'name="pwd"' in form
    assert b"Set-Cookie: wordpress_test_cookie=" in form
    assert b"for the username <strong>adm&lt;in</strong> is incorrect" in refused
    assert served.pen.bodies("credential")[0].username == "adm<in"
    assert served.pen.secrets() == [b"hunter2"]


async def test_admin_leads_to_the_login_and_remote_calls_fail() -> None:
    call = (
        b"<methodCall><methodName>wp.getUsersBlogs</methodName><params><value>a</value><value>b</value></params></methodCall>"
    )
    async with serving(web(APACHE, seed=blog_seed())) as served:
        admin = await ask(served, request("GET /wp-admin/ HTTP/1.1"))
        fault = await ask(served, request("POST /xmlrpc.php HTTP/1.1", body=call))
        get = await ask(served, request("GET /xmlrpc.php HTTP/1.1"))
    assert b"302 Found" in admin
    assert b"Location: http://web.example/wp-login.php?redirect_to=" in admin
    assert b"<value><int>403</int></value>" in fault
    assert b"XML-RPC server accepts POST requests only." in get
    assert served.pen.secrets() == [b"b"]


async def test_some_decoys_have_it_and_some_do_not() -> None:
    assert {bool(web(APACHE, seed=str(seed)).resources._application) for seed in range(20)} == {True, False}
    assert not any(web("nginx/1.18.0", seed=str(seed)).resources._application for seed in range(20))
