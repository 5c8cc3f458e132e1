"""
Which of two firmware versions is the later, as far as their texts can tell: pure.

Vendors write versions as they like.  What is not understood whole is not understood: two texts
that cannot be compared are an answer of their own, never an equality.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum


class Order(StrEnum):
    """How the first of two versions stands to the second."""

    EARLIER = "earlier"
    EQUAL = "equal"
    LATER = "later"
    INCOMPARABLE = "incomparable"


@dataclass(frozen=True)
class Version:
    """
    A version taken apart.

    `family` is the software level or part number it counts within, with = before a letter that
    stands at the numbers themselves (T03.00 is a test of V03.00); `updates` are release,
    service pack, update and hot fix; `train` is a letter and the number after it (-1: none);
    `stage` is below 0 before a release; `rest` is what has no order, such as a date in brackets.
    """

    family: str
    numbers: tuple[int, ...]
    updates: tuple[int, int, int, int] = (0, 0, 0, 0)
    train: tuple[str, int] = ("", -1)
    stage: int = 0
    build: tuple[int, ...] = ()
    beside: tuple[int, ...] = ()
    """Another part's version in the same text, such as the boot loader's."""
    rest: str = ""
    widths: tuple[int, ...] = ()
    """How many digits each number was written with."""


# A segment before the numbers: letters in it, or a part number of at least six digits.
_SEGMENT = re.compile(
    r"(?!v\.? ?\d|v[ .]|\d+\.\d|\d+(?:st|nd|rd|th) )(?=[a-z0-9]*[a-z]|\d{6,}-\d)[a-z0-9]+[-_ /:]+"
)
_GLUED = re.compile(r"[a-z](?=\d+\.\d)")
_EMPTY_WORDS = frozenset(
    ("firmware", "fw", "version", "ver", "software", "sw", "rev", "revision", "release", "v")
)
# Such a part is not the firmware, whatever its number.
_OTHER_PARTS = re.compile(r"boot|loader|kernel|linux|hardware|^hw$|bios|backup")
_NUMBERS = re.compile(r"(?:v\.? ?)?(\d+(?: \d+)+$|\d+(?:\.\d+)*)")
_STAGES = {"pre": -3, "dev": -3, "alpha": -3, "beta": -2, "rc": -1}
_UPDATES = {
    **dict.fromkeys(("r", "rel", "release"), 0),
    **dict.fromkeys(("sp", "service pack"), 1),
    **dict.fromkeys(("upd", "update"), 2),
    **dict.fromkeys(("hf", "hotfix", "hot fix"), 3),
}
_AFTER = re.compile(
    r"[ ,._-]*(?P<update>service pack|sp|update|upd|hot ?fix|hf|release|rel|r)[ ._]?(?P<nth>\d+)"
    r"(?![a-z0-9.])"
    r"|[ ,._-]*(?P<stage>pre|dev|alpha|beta|rc)(?![a-z])[ .]?\d*"
    r"|[ ,._-]*build[ .]*(?P<build>\d+(?:\.\d+)*)"
    r"|_(?P<other>\d+(?:\.\d+)+)"
    r"|[_-](?P<revision>\d+)(?![.\d])"
    r"| (?P<after_release>\d+)(?![.\d])"
    r"|\((?P<maintenance>\d{1,3}[a-z]?)\)"
    r"|\.?(?P<letter>[a-z])(?P<of_train>\d*)(?![a-z0-9])"
    r"|(?P<rest> ?\([^()]*\)|\+[0-9a-z.]+)"
)
_MOST_DIGITS = 18


def version(text: str) -> Version | None:
    """A text taken apart; None when it is none, or a placeholder of zeros only."""
    words = _folded(text)
    family: list[str] = []
    while found := _SEGMENT.match(words):
        family.append(found.group().strip("-_ /:"))
        words = words[found.end() :]
    if not family and (glued := _GLUED.match(words)) and glued.group() != "v":
        family.append(f"={glued.group()}")
        words = words[glued.end() :]
    family = [word for word in family if word not in _EMPTY_WORDS]
    found = _NUMBERS.match(words)
    if found is None or any(_OTHER_PARTS.search(word) for word in family):
        return None
    written = re.split(r"[. ]", found.group(1))
    if max(map(len, written)) > _MOST_DIGITS or not any(map(int, written)):
        return None
    read = Version(
        "-".join(family), tuple(map(int, written)), widths=tuple(len(digits) for digits in written)
    )
    return _qualified(read, words[found.end() :])


def compare(left: str, right: str) -> Order:
    """How `left` stands to `right`; the same text is the same version even where it has no order."""
    first, second = version(left), version(right)
    if _folded(left) == _folded(right):
        unknown = first is None and not re.search(r"[1-9a-z]", _folded(left).removeprefix("v"))
        return Order.INCOMPARABLE if unknown else Order.EQUAL
    if first is None or second is None or _ambiguous(first, second):
        return Order.INCOMPARABLE
    if first.family != second.family and (
        (first.family and second.family) or "=" in first.family + second.family
    ):
        return Order.INCOMPARABLE
    if _written_out(first, second) or _written_out(second, first):
        return Order.EQUAL
    size = max(len(first.numbers), len(second.numbers))
    ahead = (_padded(first, size), first.updates), (_padded(second, size), second.updates)
    if ahead[0] != ahead[1]:
        if _within_build(first, second) or _within_build(second, first):
            return Order.INCOMPARABLE
        return _order(ahead[0] < ahead[1])
    return _last(first, second)


def same(left: str, right: str) -> bool:
    """Whether two texts name the same version for certain."""
    return compare(left, right) is Order.EQUAL


def within(text: str, bounds: str) -> bool | None:
    """
    Whether a version lies within bounds such as `>=V36|<=V37`; None when that cannot be told.

    An upper bound with fewer numbers is a prefix: <=V37 holds all of 37.x.
    Raises `ValueError` for bounds that are none.
    """
    answers = []
    for bound in bounds.split("|"):
        stated = re.fullmatch(r"\s*(<=|>=|<|>|=)\s*(\S.*)", bound)
        if stated is None:
            raise ValueError(f"{bound!r} is no bound; write one such as >=V36|<=V37")
        answers.append(_holds(text, stated.group(1), stated.group(2)))
    if False in answers:
        return False
    return None if None in answers else True


def _holds(text: str, relation: str, bound: str) -> bool | None:
    order = compare(text, bound)
    if order is Order.INCOMPARABLE:
        return None
    if relation in ("<=", ">"):
        seen, limit = version(text), version(bound)
        plain = limit is not None and limit == Version(
            limit.family, limit.numbers, widths=limit.widths
        )
        if seen and limit and plain and seen.numbers[: len(limit.numbers)] == limit.numbers:
            return relation == "<="
    return (
        order
        in {
            "<": (Order.EARLIER,),
            "<=": (Order.EARLIER, Order.EQUAL),
            ">": (Order.LATER,),
            ">=": (Order.LATER, Order.EQUAL),
            "=": (Order.EQUAL,),
        }[relation]
    )


def _folded(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .,;")


def _qualified(read: Version, words: str) -> Version | None:
    """What stands behind the numbers; None for anything nobody here knows."""
    numbers, updates, build = read.numbers, list(read.updates), read.build
    train, stage, beside, rest = read.train, read.stage, read.beside, read.rest
    while words:
        if (found := _after(words)) is None:
            return None
        words = words[found.end() :]
        part = found.groupdict()
        if part["update"]:
            updates[_UPDATES[part["update"].replace("  ", " ")]] = int(part["nth"])
        elif part["stage"]:
            stage, rest = _STAGES[part["stage"]], rest + found.group().strip()
        elif part["maintenance"]:
            digits = part["maintenance"].rstrip("abcdefghijklmnopqrstuvwxyz")
            numbers = (*numbers, int(digits))
            rest += part["maintenance"][len(digits) :]
        elif part["letter"]:
            words = f"?{words}" if train != ("", -1) else words
            train = part["letter"], int(part["of_train"] or -1)
        elif part["rest"] or part["other"]:
            rest += (part["rest"] or "").strip()
            beside += tuple(map(int, re.findall(r"\d+", part["other"] or "")))
        else:
            # A number behind a blank is a build only where a release stands before it.
            if build or (part["after_release"] and not updates[0]):
                return None
            digits = part["build"] or part["revision"] or part["after_release"]
            build = tuple(map(int, digits.split(".")))
    release, pack, update, fix = updates
    return replace(
        read,
        numbers=numbers,
        updates=(release, pack, update, fix),
        train=train,
        stage=stage,
        build=build,
        beside=beside,
        rest=rest,
    )


def _after(words: str) -> re.Match[str] | None:
    found = _AFTER.match(words)
    if found and max(map(len, re.findall(r"\d+", found.group())), default=0) > _MOST_DIGITS:
        return None
    return found


def _last(first: Version, second: Version) -> Order:
    """Numbers and updates are equal: letters, stages, builds, and what has no order."""
    if first.train != second.train:
        lettered = first.train[1] == second.train[1] == -1
        if not lettered and first.train[0] != second.train[0]:
            return Order.INCOMPARABLE
        return _order(first.train < second.train)
    if first.stage != second.stage:
        return _order(first.stage < second.stage)
    if bool(first.build) != bool(second.build) or first.rest != second.rest:
        return Order.INCOMPARABLE
    if first.beside and second.beside and first.beside != second.beside:
        return Order.INCOMPARABLE
    size = max(len(first.build), len(second.build))
    builds = [v.build + (0,) * (size - len(v.build)) for v in (first, second)]
    return Order.EQUAL if builds[0] == builds[1] else _order(builds[0] < builds[1])


def _order(earlier: bool) -> Order:
    return Order.EARLIER if earlier else Order.LATER


def _padded(read: Version, size: int) -> tuple[int, ...]:
    return read.numbers + (0,) * (size - len(read.numbers))


def _written_out(first: Version, second: Version) -> bool:
    """`3.1 Build 4022.4` is 3.1.4022.4."""
    plain = Version(second.family, second.numbers, widths=second.widths)
    return (
        bool(first.build)
        and second == plain
        and first == Version(first.family, first.numbers, build=first.build, widths=first.widths)
        and first.numbers + first.build == second.numbers
    )


def _within_build(first: Version, second: Version) -> bool:
    """Whether the numbers that differ may be a build written as a number, or a release after it."""
    size = len(first.numbers)
    return bool(first.build) and not second.build and first.numbers == second.numbers[:size]


def _ambiguous(first: Version, second: Version) -> bool:
    """37.012 beside 37.12: some vendors count twelve, others hundredths."""
    if len(first.widths) != 2 or len(second.widths) != 2 or first.numbers[0] != second.numbers[0]:
        return False
    widths = sorted((first.widths[1], second.widths[1]))
    zero = any(len(str(v.numbers[1])) < v.widths[1] and v.widths[1] >= 3 for v in (first, second))
    return zero and widths[0] != widths[1]
