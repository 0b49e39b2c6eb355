"""Which webhooks have to wait for older ones that are still to be decided: those about the same alert."""

from collections.abc import Sequence

from routing.services.storing.prepared import Prepared
from routing.services.storing.statements import Rows, Statement, marks

_LINES = (  # asked one by one, each of its own index entry: however many wait, that costs the same
    "WITH asked (source, line) AS (VALUES {pairs}) SELECT source, line FROM asked WHERE (SELECT 1 FROM routing_inbound"
    " WHERE source_id = asked.source AND status = 'received' AND alert_key = asked.line LIMIT 1) IS NOT NULL"
)
_SOURCES = (
    "SELECT id FROM routing_source WHERE id IN {sources} AND EXISTS"
    " (SELECT 1 FROM routing_inbound WHERE source_id = routing_source.id AND status = 'received')"
)


class Backlog:
    """What waits of the sources and alerts that some prepared webhooks are about, those of the same transaction included.

    A webhook whose alert nobody knows yet holds up its whole source: its line is "". So does one that concerns more
    than its own alert, and it waits for whatever else of its source does.
    """

    def __init__(self, lines: Rows, sources: Rows) -> None:
        """Take the rows that the questions found."""
        self._lines = {(source, line) for source, line in lines}
        self._sources = {source for (source,) in sources}

    @staticmethod
    def questions(prepared: Sequence[Prepared]) -> tuple[Statement, Statement]:
        """The queries whose rows the constructor takes; the threads must be read after them."""
        sources = sorted({one.source_id for one in prepared})
        pairs = sorted({(one.source_id, one.finding.line) for one in prepared} | {(source, "") for source in sources})
        return (
            Statement(
                _LINES.format(pairs=", ".join(["(%s, %s)"] * len(pairs))), [value for pair in pairs for value in pair]
            ),
            Statement(_SOURCES.format(sources=marks(sources)), sources),
        )

    def holds(self, one: Prepared) -> bool:
        """True when this webhook is left to the worker, because something before it is or it is itself; noted as such."""
        waits = one.finding.is_undecided or (one.finding.status is None and self._is_behind(one))
        if waits:
            self._lines.add((one.source_id, one.finding.line))
            self._sources.add(one.source_id)
        return waits

    def _is_behind(self, one: Prepared) -> bool:
        if not one.finding.line:
            return one.source_id in self._sources
        return not self._lines.isdisjoint({(one.source_id, one.finding.line), (one.source_id, "")})
