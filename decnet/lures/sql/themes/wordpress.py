# SPDX-License-Identifier: MIT
"""A WordPress."""

from collections.abc import Iterator

from decnet.lures.sql.planted import PlantedTable, Planter, Theme, column, moment, serial
from decnet.lures.sql.value import Row

_TITLES = ("We are hiring", "New opening hours", "Our summer party", "Product news", "Closed between the years",
           "Meet us at the fair",
           "New website", "Certified again", "Thank you", "Our team grows", "Maintenance window",
           "Five questions to our founder")  # fmt: skip
_WORDS = ("our", "team", "today", "customers", "new", "service", "we", "are", "happy", "to", "announce", "that", "from", "next",
          "month", "on", "offer", "more", "quality", "and", "support", "visit", "us", "for", "details")  # fmt: skip


def _users(planter: Planter) -> Iterator[Row]:
    draw, people = planter.draw("wordpress users"), planter.people("staff")
    start = planter.started_at
    yield (
        1,
        "admin",
        draw.phpass(),
        "admin",
        f"webmaster@{planter.domain}",
        f"https://www.{planter.domain}",
        moment(start),
        "",
        0,
        "admin",
    )
    for number in range(2, planter.count("wordpress users", 4, 12) + 2):
        person = next(people)
        yield (number, person.login, draw.phpass(), person.login.replace(".", "-"), person.email, "",
               moment(start + number * 403_211), "", 0, person.name)  # fmt: skip


def _usermeta(planter: Planter) -> Iterator[Row]:
    draw, number = planter.draw("wordpress usermeta"), 0
    for row in _users(planter):
        role = "administrator" if row[0] == 1 else draw.one(("editor", "author", "author", "subscriber"))
        values = (("nickname", row[1]), ("wp_capabilities", f'a:1:{{s:{len(role)}:"{role}";b:1;}}'),
                  ("wp_user_level", "10" if row[0] == 1 else "2"), ("locale", ""), ("show_admin_bar_front",
                  "true"))  # fmt: skip
        for name, value in values:
            number += 1
            yield (number, row[0], name, value)


def _posts(planter: Planter) -> Iterator[Row]:
    draw, users = planter.draw("wordpress posts"), planter.count("wordpress users", 4, 12)
    for number, at in enumerate(planter.moments("wordpress posts", planter.count("posts", 160, 320)), 1):
        title = draw.one(_TITLES)
        body = " ".join(draw.one(_WORDS) for _ in range(draw.integer(18, 60))).capitalize() + "."
        slug = f"{title.lower().replace(' ', '-')}-{number}"
        kind = draw.one(("post", "post", "post", "page", "revision", "attachment"))
        state = "inherit" if kind in ("revision", "attachment") else draw.one(("publish", "publish", "publish", "draft"))
        yield (number, draw.integer(1, users), moment(at), f"<!-- wp:paragraph --><p>{body}</p><!-- /wp:paragraph -->", title,
               state, slug,
               moment(at), 0, f"https://www.{planter.domain}/?p={number}", kind, draw.integer(0, 3))  # fmt: skip


def _comments(planter: Planter) -> Iterator[Row]:
    draw, people = planter.draw("wordpress comments"), planter.strangers("comments")
    for number, at in enumerate(planter.moments("wordpress comments", planter.count("comments", 110, 240)), 1):
        person = next(people)
        body = " ".join(draw.one(_WORDS) for _ in range(draw.integer(4, 20))).capitalize() + "."
        yield (number, draw.integer(1, number), person.name, person.email, f"192.0.2.{draw.integer(1, 254)}", moment(at), body,
               draw.one(("1", "1", "0", "spam")))  # fmt: skip


def _options(planter: Planter) -> Iterator[Row]:
    draw, url = planter.draw("wordpress options"), f"https://www.{planter.domain}"
    values = (
        ("siteurl", url), ("home", url), ("blogname", planter.domain.partition(".")[0].capitalize()),
        ("blogdescription", ""), ("users_can_register", "0"), ("admin_email", f"webmaster@{planter.domain}"),
        ("mailserver_url", f"mail.{planter.domain}"), ("mailserver_login", f"webmaster@{planter.domain}"),
        ("mailserver_pass", draw.text(12)), ("default_role", "subscriber"), ("template", "twentytwentyone"),
        ("stylesheet", "twentytwentyone"), ("active_plugins",
        'a:2:{i:0;s:19:"akismet/akismet.php";i:1;s:33:"classic-editor/classic-editor.php";}'),
        ("wordpress_api_key", draw.hexadecimal(12)), ("smtp_password", draw.text(14)), ("auth_key", draw.text(64)),
        ("auth_salt", draw.text(64)), ("upload_path", ""), ("timezone_string", "Europe/Berlin"), ("cron", "a:0:{}"),
    )  # fmt: skip
    for number, (name, value) in enumerate(values, 1):
        yield (number, name, value, "yes")


def tables(planter: Planter) -> tuple[PlantedTable, ...]:
    """Return the tables of a WordPress."""
    return (
        PlantedTable(name="wp_comments", make=lambda: _comments(planter), columns=(
            serial("comment_ID"), column("comment_post_ID", "bigint", default=0, key="MUL"), column("comment_author",
                "varchar(245)"),
            column("comment_author_email", "varchar(100)", default="", key="MUL"), column("comment_author_IP", "varchar(100)",
                default=""),
            column("comment_date", "datetime"), column("comment_content", "text"),
            column("comment_approved", "varchar(20)", default="1"))),
        PlantedTable(name="wp_options", make=lambda: _options(planter), columns=(
            serial("option_id"), column("option_name", "varchar(191)", default="", key="UNI"), column("option_value", "text"),
            column("autoload", "varchar(20)", default="yes"))),
        PlantedTable(name="wp_posts", make=lambda: _posts(planter), columns=(
            serial("ID"), column("post_author", "bigint", default=0, key="MUL"), column("post_date", "datetime"),
            column("post_content", "text"), column("post_title", "text"), column("post_status", "varchar(20)",
                default="publish"),
            column("post_name", "varchar(200)", default="", key="MUL"), column("post_modified", "datetime"),
            column("post_parent", "bigint", default=0), column("guid", "varchar(255)", default=""),
            column("post_type", "varchar(20)", default="post"), column("comment_count", "bigint", default=0))),
        PlantedTable(name="wp_usermeta", make=lambda: _usermeta(planter), columns=(
            serial("umeta_id"), column("user_id", "bigint", default=0, key="MUL"), column("meta_key", "varchar(255)",
                null=True, key="MUL"),
            column("meta_value", "text", null=True))),
        PlantedTable(name="wp_users", make=lambda: _users(planter), columns=(
            serial("ID"), column("user_login", "varchar(60)", default="", key="MUL"), column("user_pass", "varchar(255)",
                default=""),
            column("user_nicename", "varchar(50)", default="", key="MUL"), column("user_email", "varchar(100)", default="",
                key="MUL"),
            column("user_url", "varchar(100)", default=""), column("user_registered", "datetime"),
            column("user_activation_key", "varchar(255)", default=""), column("user_status", "int", default=0),
            column("display_name", "varchar(250)", default=""))),
    )  # fmt: skip


WORDPRESS = Theme(name="wordpress", databases=("wordpress", "wp", "blog", "website", "wp_prod"), accounts=("wordpress",
                  "wpuser", "wp"),
                  tables=tables)  # fmt: skip
