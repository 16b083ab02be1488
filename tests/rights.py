"""Rights given as an office is set up with them: by the owner, how far and how long a test needs them."""

from typing import Any

from psycopg import sql

from accounts.models import User
from accounts.roles import Role
from tests import factories


def give(user: User, role: Role, **limits: Any) -> User:
    """Give ``user`` a further duty, limited by columns of the assignment (office, network, starts_on, …); committed.

    Returns them anew: rights are looked up once for each object.
    """
    columns = {"user_id": user.pk, "role": role.value, **limits}
    _as_owner(
        sql.SQL("INSERT INTO accounts_roleassignment ({}) VALUES ({})").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(", ").join([sql.Placeholder()] * len(columns))
        ),
        list(columns.values()),
    )
    return User.objects.get(pk=user.pk)


def moves_to(user: User, role: Role) -> User:
    """Let ``user`` give up every duty and take up another: what they did before, they have done."""
    _as_owner(sql.SQL("DELETE FROM accounts_roleassignment WHERE user_id = %s"), [user.pk])
    return give(user, role)


def suspend(user: User) -> User:
    """Suspend every right of ``user``, as an access review does with what nobody answered for."""
    _as_owner(
        sql.SQL("UPDATE accounts_roleassignment SET suspended_at = now() WHERE user_id = %s"),
        [user.pk],
    )
    return User.objects.get(pk=user.pk)


def _as_owner(statement: sql.SQL | sql.Composed, values: list[Any]) -> None:
    with factories.the_owner() as connection:
        connection.execute(statement, values)
