"""``minhu explain``: from one published cell back to what it is made of.

``question`` finds the cell; ``evidence`` reads what the release says of it; ``history`` what other releases said;
``lineage`` which models it passed; ``records`` and ``landed`` which landed rows are behind it; ``text`` writes it down.
"""
