-- wrk: plain chat completions, a different prompt each time
local number = 0
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
request = function()
  number = number + 1
  return wrk.format(nil, "/v1/chat/completions", nil,
    '{"model":"sim-perfect","max_tokens":20,"messages":[{"role":"system","content":"You are a helpful assistant."},'
    .. '{"role":"user","content":"What is the capital of country number ' .. number .. '?"}]}')
end
