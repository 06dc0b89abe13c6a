// Comparing: pure functions over numbers. No other room is known here, nothing is read or written, and every
// random draw comes from a seed. Each file is one question; each formula names its source. An undefined
// result is nil, never 0 or NaN. docs/statistics.md says in plain words which of these is used when, and why.
