{#
  Condition: a waiver was approved in time for the night of the business date. That night runs on the morning after, and
  the finding is read and discussed in the days that follow; then the night is run again.
#}
{% macro is_approved_in_time() -%}
    {{ dbt.datediff(business_date(), 'approved_on', 'day') }} <= {{ threshold('waiver_review_days') }}
{%- endmacro %}
