{#
  The data tests of the project as (rule id, table, severity, [words, words in Chinese]), in order of rule id: who adds a
  test need not list its rule anywhere else. Empty while dbt only parses.
#}
{% macro data_test_rules() %}
    {% set found = [] %}
    {% if execute %}
        {% for node in graph.nodes.values() if node.resource_type == 'test' and node.config.meta.rule_id is defined %}
            {% set meta = node.config.meta %}
            {% set table_name = meta.table_name or (node.attached_node or '').split('.')[-1] %}
            {% do found.append((meta.rule_id, table_name, meta.severity, words_of_test(node))) %}
        {% endfor %}
    {% endif %}
    {{ return(found | sort) }}
{% endmacro %}

{# What a data test asks, in English and in Chinese; a singular test is named by its sentence. #}
{% macro words_of_test(node) %}
    {% set test = node.test_metadata %}
    {% if not test %}
        {% set sentence = node.name.replace('assert_', '').replace('_', ' ') %}
        {% set sentences = {
            'every landed order is counted or quarantined': '每条落地工单或计数或隔离',
            'every landed call is counted or quarantined': '每条落地通话或计数或隔离',
            'every landed grid event is counted or quarantined': '每条落地网格事件或计数或隔离',
            'every landed case is counted or quarantined': '每条落地办件或计数或隔离',
            'due orders are on time late or overdue open': '到期工单＝按时＋超时＋超期未结，逐格核对',
            'due grid events are on time late or overdue open': '到期网格事件＝按时＋超时＋超期未结，逐格核对',
            'city orders equal districts and unknown places': '全市工单＝各区县＋地点不详',
            'on time rate equals its definition': '按时办结率与口径文字重算一致',
            'every contract row is the last of its versions': '口径表每行即其最新版本',
            'every returned row names its delivery': '报表每行都写明所属的报送',
        } %}
        {{ return([sentence, sentences.get(sentence, '模型的恒等式成立')]) }}
    {% endif %}
    {% set columns = test.kwargs.column_name or (test.kwargs.columns or []) | join(', ') or test.kwargs.column or '' %}
    {% set words = {
        'not_null': ['is there', '有值'],
        'unique': ['is unique', '唯一'],
        'complete': ['are there', '均有值'],
        'primary_key': ['is there and identifies a row', '有值且唯一'],
        'relationships': ['is known where it is listed', '在所引用的表中存在'],
        'accepted_values': ['is a known word', '为已知词'],
    } %}
    {% set said = words.get(test.name, [test.name.replace('_', ' '), '符合模型检验']) %}
    {{ return([columns ~ ' ' ~ said[0], columns ~ ' ' ~ said[1]]) }}
{% endmacro %}
