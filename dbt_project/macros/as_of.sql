{# End of the business date, UTC: nothing recorded later is used, a deadline after it is not yet due. #}
{% macro as_of() -%} cast('{{ var("as_of") }}' as timestamp) {%- endmacro %}

{% macro business_date() -%} cast('{{ var("business_date") }}' as date) {%- endmacro %}

{% macro first_day() -%} cast('{{ var("first_day") }}' as date) {%- endmacro %}
