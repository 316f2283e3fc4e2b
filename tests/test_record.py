"""Records behave as dataclasses do."""

from __future__ import annotations

import pytest

from emu.record import field, record, replace


@record
class Point:
    x: int
    y: int = 0

    @property
    def sum(self) -> int:
        return self.x + self.y


@record(frozen=False)
class Basket:
    owner: str
    items: list[str] = field(factory=list)

    def __post_init__(self) -> None:
        self.owner = self.owner.title()


@record(eq=False)
class Token:
    name: str


def test_fields_are_given_in_order_by_name_or_not_at_all() -> None:
    assert Point(1, 2) == Point(y=2, x=1)
    assert Point(1) == Point(1, 0)
    assert Point(3, 4).sum == 7


def test_equal_records_have_equal_hashes_and_others_differ() -> None:
    assert len({Point(1), Point(1), Point(2)}) == 2


def test_records_without_eq_are_themselves_only() -> None:
    token = Token("a")
    assert {token: 1}[token] == 1
    assert token != Token("a")


def test_a_frozen_record_cannot_be_changed() -> None:
    point = Point(1)
    with pytest.raises(AttributeError, match=r"Point\.x cannot be changed"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match=r"Point\.y cannot be changed"):
        del point.y
    assert point == Point(1)


def test_a_mutable_record_has_a_list_of_its_own_and_no_hash() -> None:
    first, second = Basket("ann"), Basket("bob")
    first.items.append("pear")
    first.owner = "Eve"
    assert (first, second) == (Basket("Eve", ["pear"]), Basket("Bob"))
    with pytest.raises(TypeError, match="unhashable"):
        hash(first)


def test_what_is_no_field_is_refused() -> None:
    with pytest.raises(AttributeError):
        Basket("ann").color = "red"  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        Point(1, z=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        Point()  # type: ignore[call-arg]


def test_replace_changes_what_it_names() -> None:
    assert replace(Point(1, 2), y=5) == Point(1, 5)
    with pytest.raises(TypeError, match="'z'"):
        replace(Point(1), z=5)


def test_a_record_shows_its_fields_and_matches_by_them() -> None:
    assert repr(Point(1, 2)) == "Point(x=1, y=2)"
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)
