"""How late the events of paced streams went out: reads the truth log, takes the pace in milliseconds."""

import json
import sys

pace = float(sys.argv[1]) * 1e6
late = []
streams = 0
for line in sys.stdin:
    emitted = json.loads(line).get("emitted_ns") or []
    if len(emitted) < 50:
        continue
    streams += 1
    # The schedule is absolute: the earliest the whole stream can have meant to begin is its least late event.
    begin = min(time - number * pace for number, time in enumerate(emitted))
    late += [(time - begin - number * pace) / 1e6 for number, time in enumerate(emitted)]
late.sort()
pick = lambda share: late[min(len(late) - 1, int(share * len(late)))]
print(
    f"lateness over {streams} streams, {len(late)} events: "
    f"p50 {pick(0.5):.2f} ms, p99 {pick(0.99):.2f} ms, p99.9 {pick(0.999):.2f} ms, greatest {late[-1]:.2f} ms"
)
