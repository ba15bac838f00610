{#
  Wilson score interval for a proportion, 95 % (z = 1.959964). Wilson, E. B. (1927), JASA 22 (158), 209-212.
  Null when n is null or 0. x may be a weighted (decimal) count.
#}
{% macro wilson_low(x, n) -%} {{ _wilson(x, n, '-') }} {%- endmacro %}
{% macro wilson_high(x, n) -%} {{ _wilson(x, n, '+') }} {%- endmacro %}

{% macro _wilson(x, n, sign) -%}
    {%- set z = '1.959963984540054' -%}
    case
        when {{ n }} > 0 then round({{ 'greatest(0.0' if sign == '-' else 'least(1.0' }}, (
            cast({{ x }} as double) / cast({{ n }} as double)
            + {{ z }} * {{ z }} / (2 * cast({{ n }} as double))
            {{ sign }} {{ z }} * sqrt(
                greatest(
                    0.0,
                    (cast({{ x }} as double) / cast({{ n }} as double))
                    * (1 - cast({{ x }} as double) / cast({{ n }} as double)) / cast({{ n }} as double)
                )
                + {{ z }} * {{ z }} / (4 * cast({{ n }} as double) * cast({{ n }} as double))
            )
        ) / (1 + {{ z }} * {{ z }} / cast({{ n }} as double))), 8)
    end
{%- endmacro %}
