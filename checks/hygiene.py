"""Ignores and waivers themselves: the ones that nothing needs, that have ended, or that say what nobody reads."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.plugin import WARNING, Finding, Ignore, Iterator, Options, Waiver, check
from archlint.records import dataclass


@check("MAN011", "unused-waiver", severity=WARNING)
def unused_waiver(waiver: Waiver, analyses: Analyses) -> Iterator[Finding]:
    """A waiver suppresses nothing.

    What it finds: an entry of `waivers:` whose check finds nothing at its route or below it; or one that can never
    suppress anything, because no check, slug or limit has the name, because nothing may waive that check, or because
    its path is no route. Silent where the check did not run, could not judge the place for lack of a field, or
    where `--set` or `--scale-load` may have taken the finding away. An incomplete one is MAN013's, an expired one
    MAN012's.

    Why it matters: the risk is gone and the permission is still there. The next change that brings the risk
    back passes without a word.

    At 3 AM: the list of accepted risks names fifteen, of which four exist, and nobody can say which.

    How to fix: remove the entry; or, where the finding has moved, copy its route into `path`.

    When it is wrong: the manifest is checked under several profiles, and only one of them has the finding.

    Sources: archlint's own; ISO/IEC 27005:2022, Guidance on managing information security risks (accepted risks
    are reviewed), https://www.iso.org/standard/80585.html.

    Risky:
        archlint: 1
        system: {name: shop}
        waivers:
          - check: PRM092
            path: services.checkout.calls[ledger]
            reason: the ledger's client has a limit of its own
            owner: payments
            until: 2027-03-31
        services:
          checkout: {calls: [{to: ledger, timeout: 200ms}]}
        datastores:
          ledger: {nodes: 3}

    Safe:
        archlint: 1
        system: {name: shop}
        waivers:
          - check: PRM092
            path: services.checkout.calls[ledger]
            reason: the ledger's client has a limit of its own
            owner: payments
            until: 2027-03-31
        services:
          checkout: {calls: [{to: ledger}]}
        datastores:
          ledger: {nodes: 3}
    """
    if waiver.expired:
        return
    if waiver.mistake is not None:
        yield Finding(
            at=waiver,
            field=waiver.mistake.field,
            message=f"the waiver can suppress nothing: {waiver.mistake.message}",
            remedy=waiver.mistake.remedy,
        )
    elif waiver.unused and not waiver.missing:
        where = f"at `{waiver.spec.path}`" if waiver.spec.path else "in this manifest"
        yield Finding(
            at=waiver,
            message=f"nothing {where} needs the waiver of `{waiver.name}`",
            remedy="Remove it; or, where the finding has moved, copy its route into `path`.",
        )


@check("MAN012", "expired-waiver", severity=WARNING)
def expired_waiver(waiver: Waiver, analyses: Analyses) -> Iterator[Finding]:
    """The last day of a waiver is past, and it suppresses nothing any more.

    What it finds: an entry of `waivers:` whose `until` is before today. It holds through that day. What it
    suppressed is reported again.

    Why it matters: somebody took a risk until a day, and the day has come. That was a promise to decide again.

    At 3 AM: nothing yet, and that is the danger: the risk that was taken for a quarter has been there for two years.

    How to fix: remove the cause and the entry; or, if the risk is still worth it, have its owner set a new day.

    When it is wrong: the clock of the machine is wrong; give the day with `--today`.

    Sources: archlint's own; ISO/IEC 27005:2022, Guidance on managing information security risks (acceptance of a risk
    may be limited in time), https://www.iso.org/standard/80585.html.

    Risky:
        archlint: 1
        system: {name: shop}
        waivers:
          - check: PRM092
            path: services.checkout.calls[ledger]
            reason: the ledger's client has a limit of its own
            owner: payments
            until: 2026-09-30
        services:
          checkout: {calls: [{to: ledger}]}
        datastores:
          ledger: {nodes: 3}

    Safe:
        archlint: 1
        system: {name: shop}
        waivers:
          - check: PRM092
            path: services.checkout.calls[ledger]
            reason: the ledger's client has a limit of its own
            owner: payments
            until: 2027-03-31
        services:
          checkout: {calls: [{to: ledger}]}
        datastores:
          ledger: {nodes: 3}
    """
    until = waiver.spec.until
    if waiver.expired and until is not None:
        yield Finding(
            at=waiver,
            field="until",
            message=f"the waiver of `{waiver.name}` ended on {until.isoformat()}, {_days(until, analyses)}",
            remedy=(
                "Remove the cause and the waiver, or have its owner set a new day."
                if waiver.matches
                else "Remove it: nothing needs it any more."
            ),
        )


def _days(until: object, analyses: Analyses) -> str:
    days = (analyses.today - until).days  # type: ignore[operator]
    return "1 day ago" if days == 1 else f"{days:,} days ago"


@check("MAN013", "waiver-incomplete", severity=WARNING)
def waiver_incomplete(waiver: Waiver, analyses: Analyses) -> Iterator[Finding]:
    """A waiver does not say who takes the risk, why, or until when; it suppresses nothing.

    What it finds: an entry of `waivers:` without `owner`, `reason` or `until`.

    Why it matters: a risk that nobody took is no accepted risk. Without a reason nobody can tell later whether it still
    holds, and without a last day nobody will ask.

    At 3 AM: the page says "known, waived", and there is no one to call who knows it.

    How to fix: state all three, or remove the entry. For a finding that does not apply to one line, an inline ignore
    is enough: `# archlint: ignore[CODE] reason`.

    When it is wrong: never.

    Sources: archlint's own; ISO/IEC 27005:2022, Guidance on managing information security risks (risk owners approve
    what is accepted, with the justification), https://www.iso.org/standard/80585.html.

    Risky:
        archlint: 1
        system: {name: shop}
        waivers:
          - {check: PRM092, path: "services.checkout.calls[ledger]"}
        services:
          checkout: {calls: [{to: ledger}]}
        datastores:
          ledger: {nodes: 3}

    Safe:
        archlint: 1
        system: {name: shop}
        waivers:
          - check: PRM092
            path: services.checkout.calls[ledger]
            reason: the ledger's client has a limit of its own
            owner: payments
            until: 2027-03-31
        services:
          checkout: {calls: [{to: ledger}]}
        datastores:
          ledger: {nodes: 3}
    """
    if waiver.missing and not waiver.expired:
        *others, last = (f"`{field}`" for field in waiver.missing)
        fields = f"{', '.join(others)} and {last}" if others else last
        yield Finding(
            at=waiver,
            field=waiver.missing[0],
            message=f"the waiver of `{waiver.name}` lacks {fields}, so it suppresses nothing",
            remedy=f"State {fields}, or remove it.",
        )


@check("MAN014", "unused-ignore", severity=WARNING)
def unused_ignore(ignore: Ignore, analyses: Analyses) -> Iterator[Finding]:
    """An ignore suppresses nothing.

    What it finds: a check or limit named in `# archlint: ignore[...]` that finds nothing on its line: each name by
    itself. The line is its own, or for a comment alone on its line the next that is neither blank nor a
    comment. Silent where the check did not run, could not judge what stands there for lack of a field, or where
    `--set` or `--scale-load` may have taken the finding away.

    Why it matters: whoever reads it believes in a defect that is not there, and the day the defect comes back, on
    that line, nobody is told.

    At 3 AM: the comment says that the missing timeout is known, and everybody looks elsewhere.

    How to fix: remove the name, or the comment if it was the only one; or move it to the line of the finding.

    When it is wrong: the manifest is checked under several profiles, and only one of them has the finding.

    Sources: archlint's own.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            calls:
              - to: ledger
                timeout: 200ms  # archlint: ignore[PRM092] the client has a limit of its own
        datastores:
          ledger: {nodes: 3}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            calls:
              - to: ledger  # archlint: ignore[PRM092] the client has a limit of its own
        datastores:
          ledger: {nodes: 3}
    """
    for name in ignore.unused:
        where = "no line follows" if ignore.line is None else f"nothing on line {ignore.line} needs"
        what = "the comment" if ignore.unused == ignore.names else f"`{name}` from it"
        yield Finding(
            at=ignore,
            message=f"{where} the ignore of `{name}`",
            remedy=f"Remove {what}, or move it to the line of the finding.",
            key=name,
        )


@dataclass(frozen=True, slots=True)
class MalformedIgnore(Options):
    """`require-reason`: an ignore without a reason is malformed too; it still acts."""

    require_reason: bool = False


@check("MAN016", "malformed-ignore", severity=WARNING, options=MalformedIgnore)
def malformed_ignore(ignore: Ignore, analyses: Analyses, options: MalformedIgnore) -> Iterator[Finding]:
    """A comment for archlint says something that archlint does not know; that part suppresses nothing.

    What it finds: `# archlint:` followed by anything but `ignore[...]`; brackets that are missing, empty or set
    apart; a mark that is misspelt; a prefix such as `LAW`, where each check has to be named; a name that is no check,
    slug or limit; and one that cannot be ignored (MAN001 to MAN006 and MAN011 to MAN016). With the option
    `require-reason`, also an ignore that gives no reason.

    Why it matters: a comment that looks as though it worked, and does not, is believed. One that was guessed to mean
    more than it says would hide what nobody has looked at.

    At 3 AM: the finding that everybody thought was ignored is the one that was real; or the other way round.

    How to fix: write `# archlint: ignore[CODE, ...] reason`, with codes or slugs of checks, or ids of limits.

    When it is wrong: the name is of a check whose plug-in is not installed here. Install it.

    Sources: archlint's own.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            calls:
              - to: ledger  # archlint: ignore[PRM] the client has a limit of its own
        datastores:
          ledger: {nodes: 3}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            calls:
              - to: ledger  # archlint: ignore[PRM092] the client has a limit of its own
        datastores:
          ledger: {nodes: 3}
    """
    for mistake in ignore.mistakes:
        yield Finding(at=ignore, message=mistake.message, remedy=mistake.remedy, key=mistake.text)
    if options.require_reason and ignore.names and not ignore.reason:
        yield Finding(
            at=ignore,
            message=f"the ignore of {', '.join(f'`{name}`' for name in ignore.names)} gives no reason",
            remedy="Say after the brackets why it is ignored.",
            key="reason",
        )
