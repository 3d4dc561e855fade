// A registry at a URL.

// Sends requests with JSON bodies, and fails unless they succeed. `authorization` is the value of that header, if there is one.
export const sender = base => async (method, path, authorization, body) => {
  const headers = { 'content-type': 'application/json' }
  if (authorization) headers.authorization = authorization
  const reply = await fetch(base + path, { method, headers, body: JSON.stringify(body) })
  const text = await reply.text()
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`)
  return JSON.parse(text)
}
