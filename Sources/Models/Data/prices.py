#!/usr/bin/env python3
"""Makes the price list.

  prices.py import PRICES.csv TIERS.csv   writes prices.csv and models.csv beside this script, from two catalogue
                                          extracts: base rates, and everything else by the catalogue's key
  prices.py embed                         writes ../Prices/PriceList.swift from prices.csv and models.csv

Rates are US dollars per million tokens, as decimals, never as binary fractions. Edit prices.csv by hand where a
service changes its prices, then run `embed`; a test compares the two.
"""
import csv
import json
import pathlib
import re
import sys
from collections import defaultdict
from decimal import Decimal

HERE = pathlib.Path(__file__).resolve().parent
UNITS = ["input", "cached_input", "cache_write", "cache_write_long", "output", "audio_input", "cached_audio_input"]
COLUMNS = ["provider", "model", "from", "to", "context", "service", "window"] + UNITS
KEYS = {
    "input_cost_per_token": "input",
    "cache_read_input_token_cost": "cached_input",
    "cache_creation_input_token_cost": "cache_write",
    "output_cost_per_token": "output",
    "input_cost_per_audio_token": "audio_input",
    "cache_read_input_audio_token_cost": "cached_audio_input",
}
SERVICES = {"batches": "batch", "flex": "flex", "priority": "priority", "ultrafast": "ultrafast"}
# What the built-in simulator charges in play money: input and output; a tenth of input for what it has cached.
SIMULATED = {"sim-large": ("2.5", "10"), "sim-small": ("0.15", "0.6"), "sim-tiny": ("0.02", "0.08"),
             "sim-flaky": ("0.5", "1.5"), "sim-reasoning": ("1.25", "10"), "sim-slow": ("0.9", "0.9"),
             "sim-perfect": ("1", "2"), "sim-wrong": ("1", "2"), "sim-talkative": ("0.8", "4"), "sim-echo": ("0", "0"),
             "sim-judge": ("2.5", "10")}
# xAI counts a prompt of exactly the threshold as long; everyone else begins above it.
INCLUSIVE = {"xai"}


def decimal(text):
    text = format(Decimal(text).normalize(), "f")
    return "0" if text in ("-0", "") else text


def read_key(key):
    """('input', 272000, 'flex') of 'input_cost_per_token_above_272k_tokens_flex'."""
    service = ""
    for suffix, name in SERVICES.items():
        if key.endswith("_" + suffix):
            key, service = key[: -len(suffix) - 1], name
    context = 0
    found = re.search(r"_above_(\d+)k_tokens$", key)
    if found:
        key, context = key[: found.start()], int(found.group(1)) * 1000
    if re.search(r"_above_(1|12)hr$", key):
        return "cache_write_long", context, service
    return KEYS.get(key), context, service


def dated(rows):
    """Rates that a dated catalogue row tells: from which day, which rates."""
    changes = []
    for row in rows:
        day = re.search(r"date\((\d+), (\d+), (\d+)\)", row["value"])
        rates = {}
        for pattern, unit in [(r"\$([\d.]+)/input MTok", "input"), (r"\$([\d.]+)/output MTok", "output"),
                              (r"\$([\d.]+)/input cache read MTok", "cached_input"),
                              (r"\$([\d.]+)/input cache write MTok", "cache_write")]:
            rate = re.search(pattern, row["unit"])
            if rate:
                rates[unit] = decimal(rate.group(1))
        changes.append(("%04d-%02d-%02d" % tuple(map(int, day.groups())), rates))
    return sorted(changes)


def windows(spec):
    """'1-5 00:00-01:00; 6-7 00:00-24:00': ISO weekdays and hours in UTC."""
    parts = []
    for window in spec["windows"]:
        hours = window["hours_utc"]
        days = "%d-%d" % (window["weekdays"][0], window["weekdays"][-1])
        for span in [hours] if isinstance(hours, str) else hours:
            start, end = span.split("-")
            parts.append("%s %s-%s" % (days, start, "24:00" if end == "00:00" else end))
    return "; ".join(parts)


def rows_of(base, tiers):
    provider, model = base["provider"], base["model"]
    rates = defaultdict(dict)
    rates[0, ""] = {unit: decimal(base[unit]) for unit in ("input", "cached_input", "cache_write", "output") if base[unit]}
    starts, off_peak = [], None
    for row in tiers:
        if row["key"] == "genai-prices:StartDateConstraint":
            starts.append(row)
        elif row["key"] == "off_peak_pricing":
            off_peak = json.loads(row["value"])
        elif row["unit"] == "USD per 1M tokens":
            unit, context, service = read_key(row["key"])
            if unit and "decisions" not in row["key"]:
                rates[context, service][unit] = decimal(row["value"])

    # What a special row leaves out is as in the plainer ones.
    for context, service in sorted(rates):
        for plainer in [(context, ""), (0, service), (0, "")]:
            for unit, rate in rates.get(plainer, {}).items():
                rates[context, service].setdefault(unit, rate)

    changes = dated(starts)
    now = [day for day, _ in changes if day <= base["date"]]
    begins = now[-1] if now else ""
    ends = next((day for day, _ in changes if day > base["date"]), "")
    mark = ">=" if provider in INCLUSIVE else ">"

    def row(begin, end, context, service, window, values):
        return {"provider": provider, "model": model, "from": begin, "to": end, "context": f"{mark}{context}" if context else "",
                "service": service, "window": window, **values}

    result = []
    # Prices of the past and the future, each until the next change.
    for place, (day, values) in enumerate(changes):
        following = changes[place + 1][0] if place + 1 < len(changes) else ""
        if day < begins or day > base["date"]:
            result.append(row(day, following, 0, "", "", values))
    current = dict(changes).get(begins, {})
    if model == "mistral-large-4":
        # The two catalogues differ; the one with dates says that the price fell on this day.
        rates[0, ""] = current
    for (context, service), values in sorted(rates.items()):
        result.append(row(begins, ends, context, service, "", values))
    if off_peak:
        values = {KEYS[key]: decimal(str(Decimal(str(off_peak[key])) * 1000000)) for key in KEYS if key in off_peak}
        values["cache_write"] = rates[0, ""].get("cache_write", "")
        result.append(row(begins, ends, 0, "", windows(off_peak), values))
    return result


def import_catalogue(prices, tiers):
    by_model = defaultdict(list)
    for row in csv.DictReader(open(tiers)):
        by_model[row["provider"], row["model"]].append(row)
    rows, models = [], []
    for base in csv.DictReader(open(prices)):
        mine = by_model[base["provider"], base["model"]]
        rows += rows_of(base, mine)
        facts = {row["key"]: row["value"] for row in mine}
        factors = {name: decimal(str(value)) for name, value in json.loads(facts.get("provider_specific_entry", "{}")).items()}
        for region in ("eu", "us"):
            if f"regional_processing_uplift_multiplier_{region}" in facts:
                factors[region] = decimal(facts[f"regional_processing_uplift_multiplier_{region}"])
        search = json.loads(facts.get("search_context_cost_per_query", "{}")).get("search_context_size_medium")
        # A limit that is as long as the context is the catalogue's way of saying that it knows none.
        limit = "" if base["max_output"] == base["context_window"] else base["max_output"]
        models.append({
            "provider": base["provider"], "model": base["model"], "context_window": base["context_window"],
            "max_output": limit, "retires": facts.get("deprecation_date", ""),
            "factors": " ".join(f"{name}={value}" for name, value in sorted(factors.items())),
            "search": decimal(str(search)) if search is not None else "", "seen": base["date"],
            "source": base["source"].split(" ")[0]})
    for model, (cost_in, cost_out) in SIMULATED.items():
        rows.append({"provider": "sim", "model": model, "input": cost_in, "output": cost_out,
                     "cached_input": decimal(str(Decimal(cost_in) / 10))})
        models.append({"provider": "sim", "model": model, "context_window": "128000", "max_output": "", "source": "simulator"})
    order = lambda row: (row["model"], row["provider"])
    rows.sort(key=order)
    models.sort(key=order)
    write(HERE / "prices.csv", COLUMNS, rows)
    write(HERE / "models.csv", list(models[0]), models)


def write(path, columns, rows):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)


def embed():
    def text(name):
        lines = (HERE / name).read_text().splitlines()[1:]
        return "\n".join("    " + line for line in lines)

    (HERE.parent / "Prices" / "PriceList.swift").write_text(f'''// swift-format-ignore-file
// Made by Data/prices.py from Data/prices.csv and Data/models.csv; change those.

/// The price list as text in the binary: no file to find, nothing read before a price is asked for.
enum PriceList {{
  /// {",".join(COLUMNS)}
  static let prices: StaticString = """
{text("prices.csv")}
    """

  /// provider,model,context_window,max_output,retires,factors,search,seen,source
  static let models: StaticString = """
{text("models.csv")}
    """
}}
''')


if len(sys.argv) == 4 and sys.argv[1] == "import":
    import_catalogue(sys.argv[2], sys.argv[3])
    embed()
elif sys.argv[1:] == ["embed"]:
    embed()
else:
    sys.exit(__doc__)
