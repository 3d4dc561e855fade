// Converts ../npm-recording.jsonl into requests for `decide`, and writes them to ../demo-requests.jsonl.
//
//     node to-requests.mjs
//
// r015 is the 15th request of the recording, and r039b is the second action of the 39th request. The method and the
// path determine the action, except for three paths, whose body determines it. An unknown request is an error. The
// world answers three questions that the request does not: whether the package exists, whether the user is a member, and
// whether the token's owner has a second factor.

import { readFile, writeFile } from 'node:fs/promises'

const here = new URL('../', import.meta.url)
const world = JSON.parse(await readFile(new URL('demo-world.json', here), 'utf8'))
const recording = (await readFile(new URL('npm-recording.jsonl', here), 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line))

const packages = new Map(world.packages.map((pkg) => [pkg.name, pkg]))
const isMember = (user, org) => (world.users.find((entry) => entry.name === user)?.orgs ?? []).some((entry) => entry.name === org)
const owners = new Map(world.tokens.map((token) => [token.id, world.users.find((user) => user.name === token.owner)]))
const twoFactorOf = (token) => owners.get(token)?.two_factor
const hasOnly = (body, keys) => Object.keys(body).every((key) => keys.includes(key))

/** Paths of requests that have no action: see the README. */
const NO_ACTION = [
  /^\/-\/ping$/,
  /^\/-\/v1\/search\?/,
  /^\/-\/v1\/login$/,
  /^\/-\/demo\/done$/,
  /^\/-\/npm\/v1\/security\/advisories\/bulk$/,
  /^\/-\/user\/org\.couchdb\.user:/,
  /^\/-\/_view\/starredByUser\?/,
  /^\/-\/user\/[^/]+\/package$/,
]

/** `POST /-/npm/v1/user`: the first second factor of the token's owner, another change of the factor, a password, or the rest. */
function changeOfAccount(token, body) {
  if (body.tfa === undefined) return body.password === undefined ? 'change-profile' : 'change-password'
  return twoFactorOf(token) === 'disabled' && body.tfa.mode !== 'disable' ? 'enrol-two-factor' : 'configure-two-factor'
}

function accountAction(token, method, path, body) {
  const route = `${method} ${path}`
  if (route === 'GET /-/whoami') return 'whoami'
  if (route === 'DELETE /-/user/token/<token>') return 'revoke-self'
  if (route === 'GET /-/npm/v1/user') return 'read-profile'
  if (route === 'POST /-/npm/v1/user') return changeOfAccount(token, body)
  if (route === 'GET /-/npm/v1/tokens') return 'list-tokens'
  if (route === 'POST /-/npm/v1/tokens') return 'create-token'
  if (/^DELETE \/-\/npm\/v1\/tokens\/token\/[^/]+$/.test(route)) return 'revoke-token'
  return null
}

function orgActions(method, org, what, body) {
  if (method === 'GET' && ['user', 'team', 'package'].includes(what)) return [{ action: 'read-org', org }]
  if (method === 'PUT' && what === 'team') return [{ action: 'create-team', org, team: body.name }]
  if (what !== 'user') return []
  if (method === 'DELETE') return [{ action: 'remove-member', org }]
  return [{ action: isMember(body.user, org) ? 'change-member-role' : 'add-member', org }]
}

function teamActions(method, org, team, what, body) {
  if (method === 'GET') return [{ action: 'read-org', org }]
  if (what === 'package') return [{ action: method === 'DELETE' ? 'revoke-team-access' : 'grant-team-access', org, team, package: body.package }]
  if (what === 'user') return [{ action: method === 'PUT' ? 'add-team-member' : 'remove-team-member', org, team }]
  return method === 'DELETE' && what === undefined ? [{ action: 'delete-team', org, team }] : []
}

/** `/-/package/:package/…` */
function packageFacts(method, name, what, body) {
  if (method === 'GET') return [{ action: what === 'collaborators' ? 'list-collaborators' : 'read-package', package: name }]
  if (what === 'dist-tags') return [{ action: 'set-dist-tag', package: name }]
  if (what !== 'access') return []
  const actions = []
  if ('access' in body) actions.push({ action: 'change-visibility', package: name })
  if ('publish_requires_tfa' in body) actions.push({ action: 'change-publishing-access', package: name })
  return hasOnly(body, ['access', 'publish_requires_tfa', 'automation_token_overrides_tfa']) ? actions : []
}

/** `PUT /:package`: publish, star or deprecate, depending on the body. */
function putPackage(name, body) {
  if (body._attachments) {
    const actions = [{ action: 'publish', package: name }]
    const stored = packages.get(name)
    const asked = { public: 'public', restricted: 'private' }[body.access]
    // The visibility of a new package is part of its creation. For an existing package, it is a separate action.
    if (stored && asked && asked !== stored.visibility) actions.push({ action: 'change-visibility', package: name })
    return actions
  }
  if (body.users && hasOnly(body, ['_id', '_rev', 'users'])) return [{ action: 'star-package', package: name }]
  return body.versions ? [{ action: 'deprecate', package: name }] : []
}

/** `PUT /:package/-rev/:rev`: change the maintainers, or unpublish a version. */
function putRevision(name, body) {
  if (body.maintainers && hasOnly(body, ['_id', '_rev', 'maintainers'])) return [{ action: 'change-maintainers', package: name }]
  return body.versions ? [{ action: 'unpublish', package: name }] : []
}

function packageActions(method, path, body) {
  const parts = path.slice(1).split('/').map(decodeURIComponent)
  const name = parts[0].startsWith('@') && !parts[0].includes('/') ? parts.splice(0, 2).join('/') : parts.shift()
  const isRevision = parts.at(-2) === '-rev'
  if (method === 'GET') return [{ action: 'read-package', package: name }]
  if (method === 'DELETE') return isRevision ? [{ action: 'unpublish', package: name }] : []
  if (method !== 'PUT') return []
  return isRevision ? putRevision(name, body) : parts.length === 0 ? putPackage(name, body) : []
}

/** Returns the actions that one HTTP request asks for. */
function actionsOf({ as, method, path: target, body }) {
  if (NO_ACTION.some((pattern) => pattern.test(target))) return null
  const path = target.split('?')[0]
  const account = accountAction(as, method, path, body)
  if (account) return [{ action: account }]
  if (!path.startsWith('/-/')) return packageActions(method, path, body)
  const [, , kind, name, ...rest] = path.split('/').map(decodeURIComponent)
  if (kind === 'org') return orgActions(method, name, rest[0], body)
  if (kind === 'team') return teamActions(method, name, rest[0], rest[1], body)
  if (kind === 'package') return packageFacts(method, name, rest[0], body)
  return []
}

const lines = []
const seen = new Set()
for (const request of recording) {
  const actions = actionsOf(request)
  if (actions === null) continue
  if (actions.length === 0) throw new Error(`request ${request.n} is not known: ${request.method} ${request.path}`)
  for (const [index, { action, ...resource }] of actions.entries()) {
    const line = { token: request.as, action, ...resource, client_ip: request.client_ip, now: request.now }
    if (request.headers['npm-otp'] === 'yes') line.second_factor = true
    // npm requests some documents twice in one command. The decision is the same, so the action is listed once.
    const key = `${request.step} ${JSON.stringify(line)}`
    if (seen.has(key)) continue
    seen.add(key)
    lines.push(JSON.stringify({ id: `r${String(request.n).padStart(3, '0')}${['', 'b', 'c'][index]}`, ...line }))
  }
}
await writeFile(new URL('demo-requests.jsonl', here), lines.join('\n') + '\n')
process.stdout.write(`${lines.length} requests\n`)
