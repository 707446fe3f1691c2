# SPDX-License-Identifier: MIT
"""A web shop."""

from collections.abc import Iterator
from decimal import Decimal

from decnet.lures.sql.planted import PlantedTable, Planter, Theme, address, column, moment, serial
from decnet.lures.sql.value import Row

_GOODS = ("Desk lamp", "Office chair", "USB-C cable", "Notebook A5", "Headset", "Keyboard", "Monitor arm", "Webcam",
          "Mouse pad",
          "Whiteboard", "Label printer", "Toner black", "Toner cyan", "Paper A4 500", "Stapler", "Backpack", "Power bank",
          "HDMI cable", "Docking station", "Wall clock")  # fmt: skip
_SERIES = ("Basic", "Plus", "Pro", "Line", "Eco", "Max")
_STATES = ("delivered", "delivered", "delivered", "delivered", "shipped", "cancelled", "refunded")


def _customers(planter: Planter) -> Iterator[Row]:
    draw, people = planter.draw("shop customers"), planter.strangers("shop")
    for number, at in enumerate(planter.moments("shop customers", planter.count("customers", 180, 340)), 1):
        person = next(people)
        street, code, city = address(draw)
        phone = f"+49 {draw.integer(200, 990)} 555{draw.integer(1000, 9999)}"
        yield (number, person.email, draw.bcrypt(), person.first, person.last, street, code, city, phone,
               draw.integer(0, 9) > 3, moment(at))  # fmt: skip


def _products(planter: Planter) -> Iterator[Row]:
    draw = planter.draw("shop products")
    for number in range(1, planter.count("products", 60, 110) + 1):
        cents = draw.integer(190, 34_900) // 10 * 10 + 9
        yield (number, f"{draw.text(2, 'ABCDEFGHKLMNPRSTUVWX')}-{draw.integer(1000, 9999)}",
               f"{draw.one(_GOODS)} {draw.one(_SERIES)}",
               Decimal(cents).scaleb(-2), draw.integer(0, 260), draw.integer(0, 12) > 0,
               moment(planter.started_at + number * 613))  # fmt: skip


def _orders(planter: Planter) -> Iterator[Row]:
    draw = planter.draw("shop orders")
    customers = max(sum(1 for _ in planter.moments("shop customers", planter.count("customers", 180, 340))), 1)
    now = planter.now()
    for number, at in enumerate(planter.moments("shop orders", planter.count("orders", 300, 520)), 1):
        state = draw.one(_STATES) if now - at > 4 * 86_400 else draw.one(("new", "paid", "packed"))
        # who ordered early had to be a customer by then
        customer = 1 + draw.integer(0, 9_999) * min(customers, max(1, number * 3 // 5)) // 10_000
        yield (number, f"{moment(at):%y}{10_000 + number}", customer, Decimal(draw.integer(890, 58_000)).scaleb(-2), state,
               draw.one(("invoice", "card", "card", "paypal", "prepaid")), moment(at))  # fmt: skip


def _items(planter: Planter) -> Iterator[Row]:
    draw, number = planter.draw("shop items"), 0
    products = planter.count("products", 60, 110)
    for order, _ in enumerate(planter.moments("shop orders", planter.count("orders", 300, 520)), 1):
        for _ in range(draw.integer(1, 3)):
            number += 1
            yield (number, order, draw.integer(1, products), draw.integer(1, 4), Decimal(draw.integer(190, 34_900)).scaleb(-2))


def _admins(planter: Planter) -> Iterator[Row]:
    draw, people = planter.draw("shop admins"), planter.people("staff")
    yield (1, "admin", f"admin@{planter.domain}", draw.bcrypt(), "superadmin", moment(planter.started_at))
    for number in range(2, planter.count("admins", 3, 6) + 2):
        person = next(people)
        yield (number, person.login, person.email, draw.bcrypt(), draw.one(("editor", "support", "orders")),
               moment(planter.started_at + number * 90_061))  # fmt: skip


def _settings(planter: Planter) -> Iterator[Row]:
    draw = planter.draw("shop settings")
    values = (
        ("shop.url", f"https://shop.{planter.domain}/"),
        ("shop.mail_from", f"shop@{planter.domain}"),
        ("smtp.host", f"mail.{planter.domain}"),
        ("smtp.user", "shop"),
        ("smtp.password", draw.text(12)),
        ("payment.public_key", "pk_live_" + draw.text(24)),
        ("payment.secret_key", "sk_live_" + draw.text(24)),
        ("api.token", draw.hexadecimal(40)),
        ("backup.target", f"sftp://backup@backup.{planter.domain}/shop"),
        ("maintenance", "0"),
    )
    for number, (name, value) in enumerate(values, 1):
        yield (number, name, value, moment(planter.started_at + number * 37))


def tables(planter: Planter) -> tuple[PlantedTable, ...]:
    """Return the tables of a shop."""
    created = column("created_at", "datetime")
    return (
        PlantedTable(name="admin_users", make=lambda: _admins(planter), columns=(
            serial(), column("username", "varchar(64)", key="UNI"), column("email", "varchar(190)"),
            column("password", "varchar(255)"), column("role", "varchar(32)"), created)),
        PlantedTable(name="customers", make=lambda: _customers(planter), columns=(
            serial(), column("email", "varchar(190)", key="UNI"), column("password_hash", "varchar(255)"),
            column("first_name", "varchar(80)"), column("last_name", "varchar(80)"), column("street", "varchar(120)",
                null=True),
            column("zip", "varchar(10)", null=True), column("city", "varchar(80)", null=True),
            column("phone", "varchar(32)", null=True), column("newsletter", "boolean", default=False), created)),
        PlantedTable(name="order_items", make=lambda: _items(planter), columns=(
            serial(), column("order_id", "int", key="MUL"), column("product_id", "int", key="MUL"), column("quantity", "int"),
            column("unit_price", "decimal(10,2)"))),
        PlantedTable(name="orders", make=lambda: _orders(planter), columns=(
            serial(), column("order_number", "varchar(20)", key="UNI"), column("customer_id", "int", key="MUL"),
            column("total", "decimal(10,2)"), column("status", "varchar(20)"), column("payment_method", "varchar(20)"),
            created)),
        PlantedTable(name="products", make=lambda: _products(planter), columns=(
            serial(), column("sku", "varchar(32)"), column("name", "varchar(160)"), column("price", "decimal(10,2)"),
            column("stock", "int", default=0), column("active", "boolean", default=True), created)),
        PlantedTable(name="settings", make=lambda: _settings(planter), columns=(
            serial(), column("name", "varchar(64)", key="UNI"), column("value", "text", null=True),
            column("updated_at", "datetime"))),
    )  # fmt: skip


SHOP = Theme(name="shop", databases=("shop", "shopdb", "webshop", "store", "shop_prod"), accounts=("shop", "webshop",
             "shopuser", "store"),
             tables=tables)  # fmt: skip
