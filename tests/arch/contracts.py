"""House contract for import-linter: an app is entered through its doors only."""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class OnlyDoorContract(Contract):
    """Modules outside a protected package may import only its doors.

    Options: ``packages`` (``peilian.apps.*`` protects every child), ``doors`` (module names relative to the package),
    ``windows`` (``module`` allowed to be imported by lower siblings although it is no door, e.g. abstract models).
    """

    type_name = "only_door"

    packages = fields.ListField(subfield=fields.StringField())
    doors = fields.ListField(subfield=fields.StringField())
    windows = fields.ListField(subfield=fields.StringField(), required=False, default=[])

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Find the direct imports that do not come through a door."""
        offences = [
            f"{importer} -> {module}"
            for package in self._protected(graph)
            for module in sorted(self._closed(graph, package))
            for importer in sorted(graph.find_modules_that_directly_import(module))
            if importer != package and not importer.startswith(f"{package}.")
        ]
        return ContractCheck(kept=not offences, metadata={"offences": offences})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Say who climbed through which window."""
        for offence in check.metadata["offences"]:
            output.print_error(f"- {offence}: use the app's api module")

    def _closed(self, graph: ImportGraph, package: str) -> set[str]:
        open_modules = {f"{package}.{door}" for door in self.doors} | set(self.windows)
        return ({package} | graph.find_descendants(package)) - open_modules

    def _protected(self, graph: ImportGraph) -> list[str]:
        parents = [name.removesuffix(".*") for name in self.packages if name.endswith(".*")]
        single = [name for name in self.packages if not name.endswith(".*")]
        return sorted({child for parent in parents for child in graph.find_children(parent)} | set(single))
