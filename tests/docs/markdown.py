"""Reading the documents: which there are, their code blocks, their generated parts, their tables."""

import re
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
FENCE = re.compile(r"^```(?P<language>\w*)[^\n]*\n(?P<content>.*?)^```$", re.MULTILINE | re.DOTALL)
BEGIN, END = "<!-- begin: {} -->\n", "<!-- end: {} -->"


def documents() -> list[Path]:
    """Return every document that people read, the README files of services included."""
    found = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("services/*/README.md"), ROOT / "gateway" / "README.md"]
    return sorted(found)


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a language in their order."""
    return [match["content"] for match in FENCE.finditer(text) if match["language"] == language]


def without_blocks(text: str) -> str:
    """Return the text with its fenced blocks taken out."""
    return FENCE.sub("", text)


def part(text: str, name: str) -> str:
    """Return what stands between the marks of a generated part. Raises ValueError when a mark is missing."""
    start = text.index(BEGIN.format(name)) + len(BEGIN.format(name))
    return text[start : text.index(END.format(name), start)]


def replaced(text: str, name: str, content: str) -> str:
    """Return the text with another content between the marks."""
    start = text.index(BEGIN.format(name)) + len(BEGIN.format(name))
    return text[:start] + content + text[text.index(END.format(name), start) :]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; a bar inside a cell is escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def rows_of(text: str, first: str) -> list[list[str]]:
    """Return the cells of the table whose header begins with `first`. Raises ValueError when there is none."""
    lines = text.splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith("| " + first + " |")), None)
    if start is None:
        raise ValueError(first)
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return rows
