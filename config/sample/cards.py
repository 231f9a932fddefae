"""The cards of the four sample boards, week by week. Titles are made up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

WEEKS = 5
# A letter is the column that a card stood in; the boards are uploads with these column names.
COLUMNS = {
    "O": "Opportunities",
    "E": "To evaluate",
    "V": "Validation",
    "D": "Design",
    "B": "To build",
    "P": "In progress",
    "R": "Released",
    "F": "Verified",
    "X": "Discarded",
}


@dataclass(frozen=True)
class SampleCard:
    """`path`: the column in each of the last five weeks, oldest first; "-" before the card existed.

    `days`: how long before the oldest week the card was created.
    """

    key: str
    title: str
    path: str
    days: int
    metric: str = ""
    blocked: str = ""
    outcome: str = ""
    persona: str = ""


CARDS: dict[str, tuple[SampleCard, ...]] = {
    "onboarding": (
        SampleCard("ONB-214", "What the first invoice feels like", "----O", 0, "first-job-7d"),
        SampleCard(
            "ONB-212",
            "Interview trials that stall after day 2",
            "---OE",
            0,
            "first-job-7d",
            outcome="We know why one in three stops on the second day.",
            persona="Office manager, first week",
        ),
        SampleCard("ONB-208", "Why imports fail for spreadsheet users", "--OOV", 0, "data-imports"),
        SampleCard(
            "ONB-199",
            "Guided first job, from quote to invoice",
            "VVVDD",
            12,
            "first-job-7d",
            outcome="Two in three testers send an invoice without help.",
        ),
        SampleCard("ONB-187", "Sample data that looks like your trade", "DDBPP", 20, "first-job-7d"),
        SampleCard("ONB-181", "Shorter checklist: five steps to three", "PPPPP", 3, "setup-checklist"),
        SampleCard("ONB-205", "New welcome e-mails", "-BBPP", 0),
        SampleCard("ONB-176", "Invite a crew member during setup", "PPPRR", 31, "first-job-7d"),
        SampleCard("ONB-170", "Import from two other tools", "PPRRR", 40, "data-imports"),
        SampleCard("ONB-163", "Card details only at the first invoice", "PRRRF", 55, "first-job-7d"),
        SampleCard("ONB-158", "Badges for finished setup steps", "VVX--", 30, "setup-checklist"),
    ),
    "dispatch": (
        SampleCard(
            "DSP-341",
            "How office managers hand over a day",
            "---OO",
            0,
            "active-dispatchers",
            persona="Office manager of four crews",
        ),
        SampleCard("DSP-338", "Seasonal contracts", "--OOE", 0, "recurring-jobs"),
        SampleCard(
            "DSP-330",
            "Recurring jobs that skip weeks",
            "OVVVV",
            9,
            "recurring-jobs",
            outcome="Gardeners plan a whole season in one go.",
        ),
        SampleCard("DSP-315", "Dark theme for the board", "DDDDD", 8),
        SampleCard("DSP-322", "Board filters for large crews", "PPPPP", 18, "multi-crew-boards"),
        SampleCard("DSP-319", "Drag a job between crews", "BBPPP", 25, "multi-crew-boards"),
        SampleCard(
            "DSP-327",
            "Calendar two-way sync",
            "PPPPP",
            10,
            "",
            blocked="Waiting for access to the calendar interface",
        ),
        SampleCard("DSP-344", "Tidy up permission tables", "---BP", 0),
        SampleCard("DSP-311", "Job templates by trade", "PPPRR", 35, "jobs-per-account"),
        SampleCard("DSP-302", "Copy last week's plan", "PRRRF", 61, "jobs-per-account"),
        SampleCard("DSP-298", "Repeat a job from its history", "RRRFF", 70, "recurring-jobs"),
    ),
    "payments": (
        SampleCard(
            "PAY-156",
            "Why cheques persist",
            "--OEV",
            0,
            "online-payment-accounts",
            persona="Bookkeeper, part time",
        ),
        SampleCard(
            "PAY-149",
            "Pay by bank at the door",
            "VVDDD",
            15,
            "online-payment-accounts",
            outcome="One in five jobs is paid before the crew leaves.",
        ),
        SampleCard("PAY-151", "Deposits on quotes", "OOVVV", 12, "days-to-get-paid"),
        SampleCard("PAY-144", "Reminders that fit the payer", "BPPPP", 22, "days-to-get-paid"),
        SampleCard(
            "PAY-140",
            "Instant payouts",
            "PPPPP",
            6,
            "online-payment-accounts",
            blocked="Bank partner's review",
        ),
        SampleCard("PAY-153", "Update the invoice footer", "---BP", 0),
        SampleCard("PAY-137", "Invoice the moment a job is done", "PPPPR", 30, "invoiced-in-24h"),
        SampleCard("PAY-131", "Card fee rules by region", "PPRRR", 44, "online-payment-accounts"),
        SampleCard("PAY-126", "Pay link in every reminder", "RRRFF", 66, "days-to-get-paid"),
    ),
    "crew-app": (
        SampleCard("CRW-120", "Battery drain on long days", "----O", 0),
        SampleCard(
            "CRW-118",
            "Ride-along: a day with a roofing crew",
            "---OV",
            0,
            "offline-sync",
            persona="Crew lead, on a roof without a signal",
        ),
        SampleCard("CRW-115", "Voice notes on jobs", "-OODD", 0, "jobs-per-account"),
        SampleCard(
            "CRW-112",
            "A queue of offline edits the crew can see",
            "BBPPP",
            14,
            "offline-sync",
            outcome="Crews see what is still to be sent.",
        ),
        SampleCard("CRW-104", "Faster start on old phones", "DBPPP", 33, "offline-sync"),
        SampleCard("CRW-109", "Photo prompts at a job's end", "PPPPP", 4, "photos-per-job"),
        SampleCard("CRW-101", "Job pack without a signal", "PPPRR", 47, "offline-sync"),
        SampleCard("CRW-097", "One-tap clock-in", "PRRRF", 58, "jobs-per-account"),
    ),
}


def cards_file(team: str, week: int, day: date) -> dict[str, object]:
    """The board of `team` as its tool would export it in `week` (0 the oldest of five), on `day`, as upload JSON."""
    rows = [
        {
            "id": card.key,
            "title": card.title,
            "column": COLUMNS[card.path[week]],
            "created": (day - timedelta(days=card.days + 7 * week)).isoformat(),
            "labels": f"metric:{card.metric}" if card.metric else "",
            "blocked": "yes" if card.blocked and week >= WEEKS - 2 else "",
            "blocked_reason": card.blocked if week >= WEEKS - 2 else "",
            "description": "\n".join(
                line
                for line in (
                    f"Expected outcome: {card.outcome}" if card.outcome else "",
                    f"Persona: {card.persona}" if card.persona else "",
                )
                if line
            ),
        }
        for card in CARDS[team]
        if card.path[week] != "-"
    ]
    return {"columns": list(COLUMNS.values()), "cards": rows}
