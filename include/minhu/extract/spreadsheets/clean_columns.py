"""Texts of a column cleaned at once: the same as :func:`minhu.extract.spreadsheets.chinese_cells.cleaned` of each.

What is written as nearly all of it is goes through Arrow; every other text through that function, once each.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from minhu.extract.spreadsheets.cells import Cells
from minhu.extract.spreadsheets.chinese_cells import Damaged, cleaned
from minhu.landing.text_bytes import bytes_of, hold, lie_within

#: Printable ASCII without a blank around it, and not beginning with what :func:`clean` looks at: it stays as it is.
_AS_IT_STANDS = r"^(?:[!\"$-&(-<>-~](?:[ -~]*[!-~])?)?$"
#: Printable ASCII, the same in full width, and Chinese characters: cleaning is NFKC without the blanks around.
_ORDINARY = r"^[ -~\x{3000}\x{ff01}-\x{ff5e}\x{4e00}-\x{9fff}]*$"
#: First bytes of what of it NFKC changes: U+3000, and U+FF01 and after.
_BEGIN_FULL_WIDTH = b"\xe3\xef"
_TO_LOOK_AT = r"^[='#]"


def clean_column(texts: pa.StringArray) -> Cells:
    """The cells of a column without nulls.

    Args:
        texts: as they stand in the file.
    """
    if _stand_clean(texts):
        return Cells(_without_empty(texts), {})
    encoded = texts.dictionary_encode()
    as_written: pa.StringArray = encoded.dictionary
    stands = pc.match_substring_regex(as_written, _AS_IT_STANDS)
    is_ordinary = pc.match_substring_regex(as_written, _ORDINARY)
    plain = pc.if_else(is_ordinary, as_written, "")
    if hold(bytes_of(plain)[0], _BEGIN_FULL_WIDTH):
        plain = pc.utf8_normalize(plain, form="NFKC")
    clean = pc.if_else(stands, as_written, pc.utf8_trim(plain, characters=" "))
    is_ordinary = pc.and_not(is_ordinary, pc.match_substring_regex(clean, _TO_LOOK_AT))
    strange = np.flatnonzero(~np.array(pc.or_(stands, is_ordinary)))
    if not len(strange):
        return Cells(_without_empty(clean).take(encoded.indices), {})
    one_by_one = [cleaned(text) for text in as_written.take(pa.array(strange)).to_pylist()]
    values = clean.to_pylist()
    damaged: dict[int, Damaged] = {}
    for place, cell in zip(strange.tolist(), one_by_one, strict=True):
        if isinstance(cell, Damaged):
            damaged[place] = cell
        values[place] = None if isinstance(cell, Damaged) else cell
    indices = np.array(encoded.indices)
    others = {int(row): damaged[int(indices[row])] for row in np.flatnonzero(np.isin(indices, list(damaged)))}
    return Cells(_without_empty(pa.array(values, pa.string())).take(encoded.indices), others)


def _stand_clean(texts: pa.StringArray) -> bool:
    """Whether no text of a column would change, by its bytes alone."""
    letters, begins = bytes_of(texts)
    if not lie_within(letters, 0x20, 0x7E):
        return False
    is_filled = begins[1:] > begins[:-1]
    first, last = letters[begins[:-1][is_filled]], letters[begins[1:][is_filled] - 1]
    return not hold(first, b" ='#") and not hold(last, b" ")


def _without_empty(texts: pa.StringArray) -> pa.StringArray:
    is_empty = pc.equal(texts, "")
    return pc.if_else(is_empty, pa.scalar(None, pa.string()), texts) if pc.any(is_empty).as_py() else texts
