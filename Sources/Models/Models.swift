// Models: speaking.
//
// Turns a question (a target, a rendered prompt, settings) into exactly one request, and what comes back into a
// `Reply` or a `Failure`, with its timings, usage and cost. Retries, limits, budgets and caches are decided above,
// in `Runs`; bytes are moved below, in `Wire`. `ModelClient` is the door.
//
// - Targets   ids, the table of services, keys and settings from the environment
// - Messages  prompts as lists of messages in OpenAI's chat form, the language between all APIs
// - APIs      one file an API: how its request is built and its reply is read, pure functions both ways
// - Streams   events taken as they arrive, stamped first and read after
// - Replies   what all APIs share when reading: finish reasons, usage, errors, limits, redaction
// - Prices    the price book and the arithmetic of a cost
// - Tokens    estimates before usage is known, exact counting with a vocabulary file
// - Data      the price list, and the script that makes it
