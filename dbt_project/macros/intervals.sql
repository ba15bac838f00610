{#
  Wilson score interval for a proportion, 95 % (z = 1.959964). Wilson, E. B. (1927), JASA 22 (158), 209-212.
  Null when n is null or 0. x may be a weighted (decimal) count.
#}
{% macro wilson_low(x, n) -%} {{ _wilson(x, n, '-') }} {%- endmacro %}
{% macro wilson_high(x, n) -%} {{ _wilson(x, n, '+') }} {%- endmacro %}

{% macro _wilson(x, n, sign) -%}
    {%- set z = '1.959963984540054' -%}
    {%- set bound -%}
        {{ 'greatest(0.0' if sign == '-' else 'least(1.0' }}, (
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
        ) / (1 + {{ z }} * {{ z }} / cast({{ n }} as double)))
    {%- endset -%}
    case when {{ n }} > 0 then {{ rounded(bound, 8) }} end
{%- endmacro %}

{#
  Bounds of the difference and of the ratio of two independent estimates, from their values and one bound of each (MOVER):
  of width 0 only where theirs are. Zou and Donner (2008), Statistics in Medicine 27, 1693-1702; with Wilson's bounds that
  is method 10 of Newcombe (1998), Statistics in Medicine 17, 873-890. Of ratios Donner and Zou (2012), Statistical Methods
  in Medical Research 21, 347-359; where the divisor is too uncertain to bound one from below, it is 0.
#}
{% macro difference_low(a, a_low, b, b_high) -%}
    ({{ a }} - {{ b }} - sqrt(
        ({{ a }} - {{ a_low }}) * ({{ a }} - {{ a_low }}) + ({{ b_high }} - {{ b }}) * ({{ b_high }} - {{ b }})
    ))
{%- endmacro %}

{% macro difference_high(a, a_high, b, b_low) -%}
    ({{ a }} - {{ b }} + sqrt(
        ({{ a_high }} - {{ a }}) * ({{ a_high }} - {{ a }}) + ({{ b }} - {{ b_low }}) * ({{ b }} - {{ b_low }})
    ))
{%- endmacro %}

{% macro ratio_low(a, a_low, b, b_high) -%}
    case when {{ b_high }} < 2 * {{ b }} then {{ _ratio_bound(a, a_low, b, b_high, '-') }} else 0.0 end
{%- endmacro %}

{% macro ratio_high(a, a_high, b, b_low) -%} {{ _ratio_bound(a, a_high, b, b_low, '+') }} {%- endmacro %}

{% macro _ratio_bound(a, a_bound, b, b_bound, sign) -%}
    ({{ a }} * {{ b }} {{ sign }} sqrt(greatest(
        0.0,
        {{ a }} * {{ b }} * {{ a }} * {{ b }}
        - {{ a_bound }} * (2 * {{ a }} - {{ a_bound }}) * {{ b_bound }} * (2 * {{ b }} - {{ b_bound }})
    ))) / nullif({{ b_bound }} * (2 * {{ b }} - {{ b_bound }}), 0)
{%- endmacro %}
