"""The contract of the KPIs: one file per KPI (``kpis/<id>.yml``), the seeds written from them, what is missing in words.

``form`` is what a file may say, ``counts`` what there is to count, ``versions`` what makes a definition another one,
``seeds`` what dbt reads, ``check`` what is missing or wrong, ``draft`` the file of a new KPI.
"""
