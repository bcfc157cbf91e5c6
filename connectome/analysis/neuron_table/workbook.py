"""The parts of a workbook of one sheet, and cells, as XML (ECMA-376)."""

import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
GENERAL, TEXT, HEADER = "", ' s="1"', ' s="2"'  # places in ``cellXfs``, below

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/>'
        "</Types>"
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>"
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}">'
        '<sheets><sheet name="neurons" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_LINKS}/styles" Target="styles.xml"/>'
        "</Relationships>"
    ),
    "xl/styles.xml": (  # number format 49 is '@'
        f'<styleSheet xmlns="{_MAIN}">'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        "</cellStyleXfs>"
        '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    ),
}
_HEAD = (
    f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane xSplit="1" ySplit="1" topLeftCell="B2" activePane="bottomRight" state="frozen"/>'
    '</sheetView></sheetViews><cols><col min="1" max="1" width="22" customWidth="1"/></cols>'
    "<sheetData>"
)


def write_book(beside: Path, rows: Iterable[str]) -> None:
    """Write a workbook whose sheet has ``rows``, pieces of XML as :func:`row` makes them.

    Equal rows give equal files.

    Args:
        beside: the file, which is moved into place when it is whole.
        rows: of the sheet, the header too.
    """
    with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in _PARTS.items():
            book.writestr(_member(name), _XML + text)
        with book.open(_member("xl/worksheets/sheet1.xml"), "w") as sheet:
            sheet.write((_XML + _HEAD).encode())
            for piece in rows:
                sheet.write(piece.encode())
            sheet.write(b"</sheetData></worksheet>")


def _member(name: str) -> zipfile.ZipInfo:
    """A part of the archive, without the time."""
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def row(number: int, letters: Sequence[str], cells: Sequence[str]) -> str:
    """A row of ``cells``, of which those without a value are empty and left out."""
    found = zip(letters, cells, strict=True)
    inside = "".join([f'<c r="{letter}{number}"{cell}</c>' for letter, cell in found if cell])
    return f'<row r="{number}">{inside}</row>'


def column_letters(place: int) -> str:
    """A, B, .. Z, AA, .. for 0, 1, .. 25, 26, .."""
    rest, last = divmod(place, 26)
    return (column_letters(rest - 1) if rest else "") + chr(ord("A") + last)


def text_cell(text: str, style: str = GENERAL) -> str:
    """The inside of a cell that is text, whatever it looks like."""
    return f'{style} t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is>'


def number_cell(number: str) -> str:
    """The inside of a cell that is a number."""
    return f"><v>{number}</v>"


def truth_cell(value: bool) -> str:
    """The inside of a cell that is true or false."""
    return f' t="b"><v>{int(value)}</v>'


def without_controls(text: str) -> str:
    """``text`` without the characters that XML 1.0 cannot hold."""
    return text if text.isascii() and text.isprintable() else _REFUSED.sub("", text)
