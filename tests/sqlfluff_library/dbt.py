"""Stand-ins for dbt's cross-database macros, so that sqlfluff can render models without a database."""


def date_trunc(part: str, column: str) -> str:
    return f"date_trunc('{part}', {column})"


def dateadd(part: str, count: object, column: str) -> str:
    return f"date_add({column}, interval ({count}) {part})"


def generate_series(upper: int) -> str:
    return f"select generated_number from generate_series(1, {upper}) as numbers (generated_number)"


def type_string() -> str:
    return "varchar"


def datediff(first: str, second: str, part: str) -> str:
    return f"datediff('{part}', {first}, {second})"


def listagg(measure: str, delimiter: str, order_by: str) -> str:
    return f"listagg({measure}, {delimiter} {order_by})"
