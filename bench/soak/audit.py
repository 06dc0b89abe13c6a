"""The rules of the audit: what the simulator's log and the ledgers must agree on.

1. Every attempt in a ledger is a request that the simulator saw, and none is there twice.
2. Every trial of every run is there once, passed, and has one reply; the reply holds the answer that belongs to its case.
3. A reply's tokens and cost are what the simulator charged for that request.
4. A reply that the simulator sent whole is in a ledger, or in the file of rescued replies, or its process was killed
   before it can have been committed.
5. After a reply was recorded, its request was never sent again.
6. What is booked (paid and possibly billed) is at least what the simulator charged.
"""
import collections
import json
import sqlite3
import subprocess

# A reply that came this long before kill -9 must have been committed.
UNCOMMITTED_NS = 2_000_000_000


def audit(log, lanes, folder, binary):
    problems = []
    exchanges = {}
    by_content = collections.defaultdict(list)
    for line in open(log):
        entry = json.loads(line)
        if not entry["model"].startswith("lane"):
            continue
        entry["id"] = f"req_{int(entry['content'], 16) ^ entry['n']:016x}"
        exchanges[entry["id"]] = entry
        by_content[entry["content"]].append(entry)

    recorded = {}
    counts = collections.Counter()
    for ledger in sorted({lane.ledger for lane in lanes}):
        with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=30) as database:
            if database.execute("PRAGMA foreign_key_check").fetchone():
                problems.append(f"{ledger}: foreign_key_check")
            if database.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                problems.append(f"{ledger}: integrity_check")
            read_ledger(database, exchanges, recorded, counts, problems)
    for lane in lanes:
        with sqlite3.connect(f"file:{lane.ledger}?mode=ro", uri=True, timeout=30) as database:
            for round in lane.rounds:
                read_run(database, lane, round, counts, problems)

    rescued = 0
    # Beside the ledger, or in the temporary folder where its disk is full.
    for path in {file for lane in lanes for file in (f"{lane.ledger}.rescue.jsonl", f"{folder}/{lane.ledger.name}.rescue.jsonl")}:
        try:
            rescued += sum(1 for _ in open(path))
        except FileNotFoundError:
            pass
    lost_to_full_disk = 0
    for entry in exchanges.values():
        if not is_whole(entry) or entry["id"] in recorded:
            continue
        life = life_of(entry, lanes)
        if life is None:
            problems.append(f"{entry['id']}: no process of ours was running")
        elif life["how"] == "kill" and entry["ended_ns"] > life["ended"] - UNCOMMITTED_NS:
            counts["replies lost with a killed process"] += 1
        elif life["how"] == "full":
            lost_to_full_disk += 1
        else:
            problems.append(f"{entry['id']}: was answered whole and is not recorded ({life['how']})")
    counts["replies on a full disk that were rescued"] = rescued
    if lost_to_full_disk > rescued:
        problems.append(f"{lost_to_full_disk} replies found no place on a full disk, {rescued} were rescued")

    for entries in by_content.values():
        kept = [entry for entry in entries if entry["id"] in recorded]
        if len(kept) > 1:
            problems.append(f"{kept[0]['content']}: {len(kept)} replies are recorded")
        for entry in entries:
            if kept and entry["received_ns"] > kept[0]["ended_ns"]:
                problems.append(f"{entry['id']}: asked again after its reply was recorded")

    charged = sum(entry["charge_picodollars"] for entry in exchanges.values())
    if counts["booked picodollars"] < charged:
        counts["charged picodollars"] = charged
        unnoted = charged - counts["booked picodollars"]
        # Without a budget a run does not wait for the note of what is on the wire; only killed ones may miss some.
        lost = sum(e["charge_picodollars"] for e in exchanges.values()
                   if e["id"] not in recorded and (life_of(e, lanes) or {}).get("how") in ("kill", "full"))
        if unnoted > lost:
            problems.append(f"{unnoted} picodollars were charged and not booked")
    merged = str(folder / "merged.sqlite")
    names = sorted({str(lane.ledger) for lane in lanes})
    result = subprocess.run([binary, "ledger", "merge", *names, "--ledger", merged], capture_output=True, text=True)
    with sqlite3.connect(f"file:{merged}?mode=ro", uri=True) as database:
        counts["trials after merging"] = database.execute("SELECT count(*) FROM trials").fetchone()[0]
    if result.returncode != 0 or counts["trials after merging"] != counts["trials in ledgers"]:
        problems.append(f"merge: {result.returncode}, {counts['trials after merging']} trials {result.stderr}")
    actions = collections.Counter()
    for lane in lanes:
        actions.update(lane.actions)
    return {
        "processes": sum(len(lane.lives) for lane in lanes),
        "kills": sum(life["how"] == "kill" for lane in lanes for life in lane.lives),
        "rounds": dict(actions),
        "ends": dict(collections.Counter(f"{life['how']}: {life['code']}" for lane in lanes for life in lane.lives)),
        "exchanges": len(exchanges), "counts": dict(counts), "problems": problems,
    }


def read_ledger(database, exchanges, recorded, counts, problems):
    rows = database.execute("""
        SELECT a.service_request_id, a.error_kind, c.id, c.input_tokens, c.output_tokens, c.cost_picodollars
        FROM attempts_view a JOIN calls c ON c.id = a.call_id WHERE a.service_request_id IS NOT NULL""")
    seen = set()
    for request, error, call, input, output, cost in rows:
        counts["attempts"] += 1
        entry = exchanges.get(request)
        if entry is None:
            problems.append(f"attempt {request} of call {call}: the simulator never saw it")
            continue
        if request in seen:
            problems.append(f"attempt {request} is there twice")
        seen.add(request)
        if error is None:
            recorded[request] = call
            counts["replies"] += 1
            if (input, output, cost) != (entry["input_tokens"], entry["output_tokens"], entry["charge_picodollars"]):
                problems.append(f"{request}: {input} + {output} tokens at {cost} are recorded, not what was charged")
    counts["booked picodollars"] += database.execute(
        "SELECT coalesce(sum(cost_picodollars), 0) + coalesce(sum(possibly_billed_picodollars), 0) FROM calls").fetchone()[0]
    counts["trials in ledgers"] += database.execute("SELECT count(*) FROM trials").fetchone()[0]
    left = database.execute("SELECT count(*) FROM in_flight").fetchone()[0]
    if left:
        problems.append(f"{left} calls are still noted as on the wire")


def read_run(database, lane, round, counts, problems):
    runs = database.execute("SELECT id, state FROM runs WHERE suite_file = ?", (round["suite"],)).fetchall()
    if [state for _, state in runs] != ["done"]:
        problems.append(f"{round['suite']}: runs in states {runs}")
        return
    rows = database.execute("""
        SELECT t.case_no, t.outcome, count(c.reply_id), max(b.body)
        FROM trials t LEFT JOIN calls c ON c.trial_id = t.id AND c.reply_id IS NOT NULL
        LEFT JOIN contents b ON b.id = c.reply_id WHERE t.run_id = ? GROUP BY t.id ORDER BY t.case_no""", (runs[0][0],)).fetchall()
    counts["trials"] += len(rows)
    if [row[0] for row in rows] != list(range(round["trials"])):
        problems.append(f"{round['suite']}: {len(rows)} trials of {round['trials']}")
    for case, outcome, replies, body in rows:
        answer = f"A-{lane.number}-{round['round']}-{case}"
        text = body.decode() if isinstance(body, bytes) else body or ""
        if outcome != "pass" or replies != 1 or f'"{answer}"' not in text:
            problems.append(f"{round['suite']} case {case}: {outcome}, {replies} replies, {text[:80]}")


def is_whole(entry):
    unusable = entry.get("fault") not in (None, "slow-headers", "stall")
    return entry["status"] == 200 and not unusable and not entry["client_left"]


def life_of(entry, lanes):
    lane = next((lane for lane in lanes if entry["model"] == f"lane{lane.number}"), None)
    lives = [life for life in (lane.lives if lane else []) if life["began"] <= entry["received_ns"] <= life["ended"] + 1_000_000_000]
    # A second process on the same run sends nothing while the first one lives.
    lives = [life for life in lives if life["how"] != "second"] or lives
    return lives[-1] if lives else None
