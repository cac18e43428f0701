"""The dashboard and the alert rules name metrics and labels that exist, and the rules say the right thing.

    contrib/ -- funnelctl metrics --list;  promtool check, promtool test
"""
import json
import os
import re
import subprocess

import pytest

import manual
from lab.base import run

CONTRIB = os.path.join(manual.TOP, "contrib")
RULES = os.path.join(CONTRIB, "prometheus", "funnel.rules.yml")
DASHBOARD = os.path.join(CONTRIB, "grafana", "funnel.json")
METRIC = re.compile(r"\b(funnel_[a-z0-9_]+)\b(?:\{([^}]*)\})?")
LABEL = re.compile(r"(\w+)\s*(?:=~|!=|!~|=)")

# Two nodes. On "well" an edge has ended because nobody used it; on "ill" nothing is connected and half of what comes to dns
# is dropped.
SERIES = """
rule_files: ["{rules}"]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {{series: 'funnel_up{{instance="well",daemon="funnel-sctpd"}}', values: "1x60"}}
      - {{series: 'funnel_up{{instance="well",daemon="funnel-authd"}}', values: "1x60"}}
      - {{series: 'funnel_up{{instance="well",daemon="funnel-udpd",service="dns"}}', values: "0x60"}}
      - {{series: 'funnel_edge_channels_up{{instance="well",daemon="funnel-udpd",service="dns"}}', values: "0x60"}}
      - {{series: 'funnel_beat_age_seconds{{instance="well",daemon="funnel-udpd",service="dns"}}', values: "0+60x60"}}
      - {{series: 'funnel_sctpd_associations_up{{instance="well",daemon="funnel-sctpd"}}', values: "1x60"}}
      - {{series: 'funnel_up{{instance="ill",daemon="funnel-sctpd"}}', values: "1x60"}}
      - {{series: 'funnel_up{{instance="ill",daemon="funnel-authd"}}', values: "0x60"}}
      - {{series: 'funnel_up{{instance="ill",daemon="funnel-udpd",service="dns"}}', values: "1x60"}}
      - {{series: 'funnel_edge_channels_up{{instance="ill",daemon="funnel-udpd",service="dns"}}', values: "0x60"}}
      - {{series: 'funnel_sctpd_associations_up{{instance="ill",daemon="funnel-sctpd"}}', values: "0x60"}}
      - {{series: 'funnel_edge_datagrams_late_total{{instance="ill",daemon="funnel-udpd",service="dns"}}', values: "0+30x60"}}
      - {{series: 'funnel_edge_datagrams_dropped_total{{instance="ill",daemon="funnel-udpd",service="dns"}}', values: "0x60"}}
      - {{series: 'funnel_udpd_waiting_dropped_total{{instance="ill",daemon="funnel-udpd",service="dns"}}', values: "0+30x60"}}
      - {{series: 'funnel_udpd_send_blocked_total{{instance="ill",daemon="funnel-udpd",service="dns"}}', values: "0x60"}}
      - {{series: 'funnel_udpd_datagrams_in_total{{instance="ill",daemon="funnel-udpd",service="dns"}}', values: "0+120x60"}}
    promql_expr_test:
      - expr: count by (instance, alertname) (ALERTS{{alertstate="firing"}})
        eval_time: 45m
        exp_samples:
          - {{labels: '{{instance="ill",alertname="FunnelDaemonDown"}}', value: 1}}
          - {{labels: '{{instance="ill",alertname="FunnelNoAssociation"}}', value: 1}}
          - {{labels: '{{instance="ill",alertname="FunnelServiceWithoutChannel"}}', value: 1}}
          - {{labels: '{{instance="ill",alertname="FunnelDatagramsDropped"}}', value: 1}}
"""


@pytest.fixture(scope="module")
def metrics(build):
    """{name: set of labels}, by what funnelctl itself says."""
    program = os.path.join(build, "funnelctl", "funnelctl")
    listed = subprocess.run([program, "metrics", "--list"], stdout=subprocess.PIPE, text=True, check=True).stdout
    rows = [line.split("\t") for line in listed.splitlines()]
    return {row[0]: set(row[2].split(",")) | {"instance", "job"} for row in rows}


def check(expression, metrics):
    found = METRIC.findall(expression)
    for name, selectors in found:
        assert name in metrics, f"{name} in: {expression}"
        assert set(LABEL.findall(selectors)) <= metrics[name], expression
    return found


def test_rules_name_metrics_that_there_are(metrics):
    lines = [line for line in manual.read(RULES).splitlines() if not line.lstrip().startswith(("#", "summary:", "description:"))]
    assert len(check("\n".join(lines), metrics)) > 20


def test_dashboard_names_metrics_that_there_are(metrics):
    with open(DASHBOARD, encoding="utf-8") as file:
        dashboard = json.load(file)
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    for panel in panels:
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            assert check(target["expr"], metrics), panel["title"]
    for variable in dashboard["templating"]["list"][1:]:
        assert check(variable["definition"], metrics)


def test_prometheus_takes_the_files():
    run(["promtool", "check", "rules", RULES])
    run(["promtool", "check", "config", os.path.join(CONTRIB, "prometheus", "prometheus.yml")])


def test_rules_fire_for_what_is_wrong_only(tmp_path):
    (tmp_path / "test.yml").write_text(SERIES.format(rules=RULES))
    run(["promtool", "test", "rules", tmp_path / "test.yml"])
