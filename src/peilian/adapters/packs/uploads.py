"""Contents that somebody brings as files: an archive of a pack, one document, Markdown, a table of phrases or articles,
or a question bank in a format of others."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from peilian.adapters import banks, packs
from peilian.adapters.archives import ArchiveError, unpacked
from peilian.adapters.media import is_text_of_other_encoding, media_type_of, plain_name
from peilian.adapters.packs import sheets
from peilian.adapters.packs.trees import cleaned_tree, content_kinds, tree_of
from peilian.adapters.pictures import without_traces
from peilian.adapters.workbooks import ForeignFileError, WorkbookError, shown_sheet
from peilian.engine._kernel import Fault, InputError, Reason

Progress = Callable[[int, int], None]
VERSIONS = "versions.json"
"""In an exported pack: which version each text was when it left, by ``kind:key``."""
ENCLOSED = "files.json"
"""In an exported pack: the SHA-256 of each text's files when they left, by ``kind:key`` and name."""
PAGES = frozenset(
    {
        "compare", "comment", "confirm", "confirmations", "edit", "questions", "remind", "restore", "retire",
        "take-out", "versions",
    }
)  # fmt: skip
"""What follows a key in the addresses of pages; a test holds it against them."""
_FOLDER = "files"
_LONGEST_NAME = 255
_HEADING = re.compile(r"\A\ufeff?\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|\Z)")


@dataclass(frozen=True, slots=True)
class Brought:
    """One document of an upload: its tree, the file it stands in, and the hash of the version it was taken from.

    ``is_part``: a table tells only some of a document; the rest of it stays as it is. ``files`` are the hashes of what
    is enclosed with it by name, ``file_bases`` those of when it was taken out. ``places`` are rows and
    columns of a table.
    """

    tree: Mapping[str, Any]
    file: str
    base: str = ""
    is_part: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    file_bases: Mapping[str, str] = field(default_factory=dict)
    places: sheets.Places = field(default_factory=dict)

    @property
    def reference(self) -> tuple[str, str]:
        """Its kind and key; no two documents of an upload have the same."""
        return str(self.tree["kind"]), str(self.tree["key"])


@dataclass(slots=True)
class Upload:
    """The documents of an upload and the faults of those that cannot be read; ``notes`` are what comes in otherwise
    than it was, or stays out."""

    documents: list[Brought] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    enclosed: dict[str, bytes] = field(default_factory=dict)  # by their hash
    notes: list[Fault] = field(default_factory=list)


def read_upload(name: str, data: bytes, *, bank: str = "", progress: Progress | None = None) -> Upload:
    """Read an upload by its name: ``.zip``, ``.xlsx``, ``.yaml``, ``.md``, or questions as ``.gift``, ``.txt`` or
    ``.xml``. What is wrong is told, never raised.

    ``bank`` is the key of the question bank that questions go into; without one it is that of the file, or made of its
    name. A large archive takes minutes; ``progress`` is told after each of its files how many of how many are read.
    """
    found = _read(name, data, bank, progress)
    faults = list(map(_cleaned, found.faults))
    documents = [replace(one, tree=cleaned_tree(one.tree)) for one in found.documents]
    faults += [refused for one in documents if (refused := _no_key(one)) is not None]
    kept = [one for one in documents if _no_key(one) is None]
    return Upload(kept, faults, found.enclosed, list(map(_cleaned, found.notes)))


def is_address(key: str) -> bool:
    """Whether a key ends as the address of another page, so that no text of that key could be opened."""
    return key.rpartition("/")[2] in PAGES


def _no_key(one: Brought) -> Fault | None:
    reason = Reason("library.key_is_address", {"name": one.reference[1].rpartition("/")[2]})
    return Fault(reason, file=one.file, field="key") if is_address(one.reference[1]) else None


def _cleaned(fault: Fault) -> Fault:
    """What is wrong may be told with words of the upload, which may hold what cannot be stored."""
    reason = Reason(fault.reason.key, cleaned_tree(fault.reason.params))
    return replace(fault, reason=reason, file=cleaned_tree(fault.file), field=cleaned_tree(fault.field))


def _read(name: str, data: bytes, bank: str, progress: Progress | None) -> Upload:
    ending = Path(name).suffix.lower()
    if ending in banks.READ_ENDINGS:
        return _bank(name, bank, banks.read_bank(name, data))
    if bank and ending != ".xlsx":
        return Upload(faults=[Fault(Reason("banks.upload_kind"), file=name)])
    if ending == ".zip":
        return _archive(name, data, progress)
    if ending == ".xlsx":
        return _table(name, bank, data)
    if ending in (".yaml", ".yml", ".md"):
        return _documents({name: data}, {})
    return Upload(faults=[Fault(Reason("library.upload_kind"), file=name)])


def _archive(name: str, data: bytes, progress: Progress | None) -> Upload:
    try:
        files = unpacked(data, _is_enclosed)
    except ArchiveError as error:
        return Upload(faults=[Fault(Reason(f"library.archive_{error.problem}", {"name": error.name}), file=name)])
    bases = _bases(next((text for path, text in files.items() if Path(path).name == VERSIONS), b""))
    texts = {path: text for path, text in files.items() if not _is_enclosed(path)}
    wanted = {path: text for path, text in texts.items() if Path(path).suffix.lower() in (".yaml", ".yml", ".md")}
    found = _documents({path: text for path, text in wanted.items() if not _is_beside(path)}, bases, progress)
    _enclose(found, files)
    if not found.documents and not found.faults:
        found.faults.append(Fault(Reason("library.upload_empty"), file=name))
    return found


def enclosed_path(kind: str, key: str, name: str) -> str:
    """Where a file of a text lies in an archive."""
    plain = name.replace("%", "%25").replace(":", "%3A").replace("\\", "%5C")
    return f"{_FOLDER}/{kind}/{key}/{plain}"


def enclosed_in(name: str, data: bytes) -> dict[str, bytes]:
    """What is enclosed in an archive or in a question bank that was read before, by its hash."""
    if Path(name).suffix.lower() in banks.READ_ENDINGS:
        return _by_hash(banks.read_bank(name, data).files.values())
    try:
        files = unpacked(data, _is_enclosed)
    except ArchiveError:
        return {}
    return _by_hash(content for path, content in files.items() if _is_enclosed(path))


def _by_hash(contents: Iterable[bytes]) -> dict[str, bytes]:
    """Files by their hash; pictures also without the traces of who took them, as they are brought in."""
    every = (one for content in contents for one in (content, without_traces(content)))
    return {hashlib.sha256(one).hexdigest(): one for one in every}


def _is_enclosed(path: str) -> bool:
    return _place(path) is not None


def _place(path: str) -> tuple[tuple[str, str], str] | None:
    """Whose file lies there, as kind and key, and its name; ``None`` for what is no enclosed file. The archive may have
    one folder around everything."""
    parts = path.split("/")
    parts = parts[1:] if parts[0] != _FOLDER else parts
    if len(parts) < 4 or parts[0] != _FOLDER or parts[1] not in content_kinds():
        return None
    return (parts[1], "/".join(parts[2:-1])), unquote(parts[-1])


def _enclose(found: Upload, files: Mapping[str, bytes]) -> None:
    """Give each document what is enclosed with it; what belongs to none, or is of no known kind, is a fault."""
    bases = _hashes(next((text for path, text in files.items() if Path(path).name == ENCLOSED), b""))
    of_text: dict[tuple[str, str], dict[str, str]] = {}
    there = {one.reference for one in found.documents}
    for path, content in files.items():
        if (place := _place(path)) is None:
            continue
        text, name = place[0], plain_name(place[1])
        if media_type_of(content) is None or "/" in place[1] or not 0 < len(name) <= _LONGEST_NAME:
            told = name or PurePosixPath(path).name
            key = "text_not_utf8" if is_text_of_other_encoding(name, content) else "file_of_no_known_kind"
            found.faults.append(Fault(Reason(f"library.{key}", {"name": told[:100]}), file=path))
        elif name in of_text.get(text, {}):
            found.faults.append(Fault(Reason("library.archive_twice", {"name": name}), file=path))
        elif text not in there:
            found.faults.append(Fault(Reason("library.file_of_no_text", {"name": ":".join(text)}), file=path))
        else:
            base = bases.get(":".join(text), {}).get(name)
            sha256 = hashlib.sha256(content).hexdigest()
            if sha256 != base:  # what was kept before comes back as it was
                content = without_traces(content)
                sha256 = hashlib.sha256(content).hexdigest()
            found.enclosed[sha256] = content
            of_text.setdefault(text, {})[name] = sha256
    found.documents = [
        replace(one, files=of_text.get(one.reference, {}), file_bases=bases.get(":".join(one.reference), {}))
        for one in found.documents
    ]


def _hashes(data: bytes) -> dict[str, dict[str, str]]:
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    texts = found.items() if isinstance(found, dict) else ()
    return {str(text): {str(k): str(v) for k, v in named.items()} for text, named in texts if isinstance(named, dict)}


def _is_beside(path: str) -> bool:
    return Path(path).name.lower() in ("readme.md", "pack.yaml")


def _bases(data: bytes) -> dict[str, str]:
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return {str(name): str(sha256) for name, sha256 in found.items()} if isinstance(found, dict) else {}


def _documents(files: Mapping[str, bytes], bases: Mapping[str, str], progress: Progress | None = None) -> Upload:
    found = Upload()
    seen: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, data) in enumerate(sorted(files.items())):
            if progress is not None:
                progress(number, len(files))
            # Under a name of our own: that of the upload is only told.
            path = Path(folder) / f"{number}{'.md' if name.lower().endswith('.md') else '.yaml'}"
            path.write_bytes(_with_front(name, data) if path.suffix == ".md" else data)
            try:
                document = packs.load_file(path).document
            except InputError as error:
                found.faults.extend(replace(fault, file=name) for fault in error.faults)
                continue
            reference = f"{document.kind}:{document.key}"
            if document.kind not in content_kinds():
                found.faults.append(Fault(Reason("library.not_for_the_library", {"kind": document.kind}), file=name))
            elif reference in seen:
                found.faults.append(Fault(Reason("library.key_twice", {"name": reference}), file=name, field="key"))
            else:
                seen.add(reference)
                found.documents.append(Brought(tree_of(document), name, bases.get(reference, "")))
    return found


def _with_front(name: str, data: bytes) -> bytes:
    """Plain Markdown, as people write it, becomes an article: its first heading is the title."""
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return data  # told when it is read
    if text.lstrip().startswith("---"):
        return data
    heading = _HEADING.match(text)
    title = heading.group(1) if heading else Path(name).stem
    front = {"kind": "article", "schema_version": 1, "key": key_of(Path(name).stem), "title": {"zh": title}}
    body = text[heading.end() :] if heading else text
    return f"---\n{json.dumps(front, ensure_ascii=False)}\n---\n{body}".encode()


def key_of(name: str) -> str:
    """A key made of a name; Chinese names have nothing that a key can hold, so they get a number."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    plain = f"text-{plain}" if is_address(plain) else plain
    return f"own/{plain}" if len(plain) > 2 else f"own/text-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _bank(name: str, key: str, read: banks.BankRead) -> Upload:
    """Questions as a part of a bank, which keeps what the file does not say."""
    found = Upload(faults=[replace(one, file=name) for one in read.faults])
    found.notes = [replace(one, file=name) for one in read.notes]
    if not read.items:
        return found
    title = read.title or Path(name).stem
    tree = {
        "kind": "items", "schema_version": 1, "key": key or read.key or key_of(Path(name).stem), "title": {"zh": title},
        "items": read.items,
    }  # fmt: skip
    files = {one: without_traces(content) for one, content in read.files.items()}
    hashes = {one: hashlib.sha256(content).hexdigest() for one, content in files.items()}
    found.enclosed = {hashes[one]: content for one, content in files.items()}
    places = {f"items.{item}": (line, "") for item, line in read.lines.items()}
    found.documents = [Brought(tree, name, is_part=True, files=hashes, places=places)]
    return found


def _table(name: str, bank: str, data: bytes) -> Upload:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.xlsx"
        path.write_bytes(data)
        try:
            rows: Sequence[Sequence[Any]] = shown_sheet(path).rows
        except ForeignFileError:
            return Upload(faults=[Fault(Reason("library.not_a_workbook"), file=name)])
        except (WorkbookError, OSError) as error:
            return Upload(faults=[Fault(Reason("library.no_workbook", {"problem": str(error)}), file=name)])
    if rows and banks.is_bank_table(rows[0]):
        return _bank(name, bank, banks.read_bank_table(rows))
    if bank:
        return Upload(faults=[Fault(Reason("banks.no_bank_table"), file=name)])
    trees, faults, places = sheets.trees_of(rows)
    documents = [Brought(tree, name, is_part=True, places=one) for tree, one in zip(trees, places, strict=True)]
    found = Upload(documents, [replace(one, file=name) for one in faults])
    if not found.documents and not found.faults:
        found.faults.append(Fault(Reason("library.upload_empty"), file=name))
    return found
