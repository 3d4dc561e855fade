// A minimal registry on the loopback address, which accepts nearly every request so that npm's commands run to their
// end. It decides nothing and checks no token. It records every request, without secrets.
//
// Each command starts from the packages of demo-world.json again, and does not see what an earlier command published
// or removed. So every recorded request is a request to the same world.

import { createServer } from 'node:http'
import { createHash } from 'node:crypto'
import { gzipSync, gunzipSync } from 'node:zlib'

const BODY_LIMIT = 1 << 20
const MAX_REQUESTS = 2000
const MTIME = '1985-10-26T08:15:00.000Z'

/** Returns a gzipped tar archive that contains only a package.json. */
function tarball(name, version) {
  const content = Buffer.from(JSON.stringify({ name, version }) + '\n')
  const header = Buffer.alloc(512)
  const put = (text, at) => header.write(text, at, 'latin1')
  put('package/package.json', 0)
  put('0000644\0', 100)
  put('0000000\0', 108)
  put('0000000\0', 116)
  put(content.length.toString(8).padStart(11, '0') + '\0', 124)
  put('00000000000\0', 136)
  put('        ', 148)
  put('0', 156)
  put('ustar\u000000', 257)
  put(header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0') + '\0 ', 148)
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512)
  return gzipSync(Buffer.concat([header, content, padding, Buffer.alloc(1024)]))
}

const bareName = (name) => name.slice(name.indexOf('/') + 1)

/** Returns the document of a package: two versions, and the users with a direct read-write grant as maintainers. */
function packument(pkg, origin) {
  const writers = Object.entries(pkg.users ?? {}).filter(([, right]) => right === 'read-write').map(([user]) => user)
  const maintainers = (writers.length > 0 ? writers : ['registry-keeper']).map((name) => ({ name, email: `${name}@example.invalid` }))
  const versions = {}
  for (const version of ['0.9.0', '1.0.0']) {
    const data = tarball(pkg.name, version)
    versions[version] = {
      name: pkg.name,
      version,
      _id: `${pkg.name}@${version}`,
      maintainers,
      dist: {
        tarball: `${origin}/${pkg.name}/-/${bareName(pkg.name)}-${version}.tgz`,
        shasum: createHash('sha1').update(data).digest('hex'),
        integrity: 'sha512-' + createHash('sha512').update(data).digest('base64'),
      },
    }
  }
  return {
    _id: pkg.name,
    _rev: '2-demo',
    name: pkg.name,
    'dist-tags': { latest: '1.0.0' },
    versions,
    maintainers,
    time: { created: MTIME, modified: MTIME, '0.9.0': MTIME, '1.0.0': MTIME },
    users: {},
  }
}

/** Returns a copy of the packages, users and organizations of the world, which one command reads and changes. */
function freshState(world, origin) {
  return {
    docs: new Map(world.packages.map((pkg) => [pkg.name, packument(pkg, origin)])),
    packages: new Map(world.packages.map((pkg) => [pkg.name, pkg])),
    orgs: new Set(world.orgs.map((org) => org.name)),
    users: new Map(world.users.map((user) => [user.name, user])),
    tokens: world.tokens,
  }
}

// ---------------------------------------------------------------------------------------------- the answers

const ok = (body, status = 200) => ({ status, body })
const notFound = () => ({ status: 404, body: { error: 'not found' } })
const ROLE_WORD = { owner: 'owner', admin: 'admin', member: 'developer' }

function roster(state, org) {
  const entries = []
  for (const user of state.users.values()) {
    const membership = (user.orgs ?? []).find((entry) => entry.name === org)
    if (membership) entries.push([user.name, ROLE_WORD[membership.role], membership.teams ?? []])
  }
  return entries
}

function answerOrg(state, method, org, what, body) {
  if (!state.orgs.has(org)) return notFound()
  const members = roster(state, org)
  if (what === 'package') {
    const own = [...state.packages.keys()].filter((name) => name.startsWith(`@${org}/`))
    return ok(Object.fromEntries(own.map((name) => [name, 'read-write'])))
  }
  if (what === 'team') {
    if (method === 'PUT') return ok({ name: body.name }, 201)
    return ok([...new Set(members.flatMap(([, , teams]) => teams))].sort().map((team) => `${org}:${team}`))
  }
  if (method === 'PUT') return ok({ org: { name: org, size: members.length }, user: body.user, role: body.role ?? 'developer' })
  if (method === 'DELETE') return ok(null, 204)
  return ok(Object.fromEntries(members.map(([name, role]) => [name, role])))
}

function answerTeam(state, method, org, team, what) {
  if (what === undefined) return ok(null, 204)
  if (method !== 'GET') return ok(method === 'PUT' ? {} : null, method === 'PUT' ? 201 : 204)
  if (what === 'user') return ok(roster(state, org).filter(([, , teams]) => teams.includes(team)).map(([name]) => name))
  const granted = [...state.packages.values()].filter((pkg) => pkg.teams?.[`${org}:${team}`])
  return ok(Object.fromEntries(granted.map((pkg) => [pkg.name, pkg.teams[`${org}:${team}`]])))
}

function answerAccount(state, call, method, path, body) {
  const owner = state.users.get(call.owner)
  const tfa = owner && owner.two_factor !== 'disabled' ? { mode: owner.two_factor, pending: false } : null
  if (path === '/-/whoami') return call.owner ? ok({ username: call.owner }) : { status: 401, body: { error: 'unauthorized' } }
  if (path === '/-/npm/v1/user') {
    if (method === 'POST' && body.tfa) return ok({ tfa: { mode: body.tfa.mode ?? 'auth-only' } })
    return ok({ name: call.owner, email: `${call.owner}@example.invalid`, email_verified: true, tfa })
  }
  if (method === 'POST') {
    return ok({ token: 'created-in-the-demo', key: 'new', name: body.name, created: MTIME, cidr_whitelist: body.cidr_whitelist ?? null }, 201)
  }
  if (method === 'DELETE') return ok(null, 204)
  const objects = state.tokens.filter((token) => token.owner === call.owner).map((token) => ({
    key: token.id,
    token: 'shown-as-stars',
    name: token.granular?.name ?? token.id,
    created: token.created,
    readonly: token.legacy === 'read-only',
    cidr_whitelist: token.cidr,
  }))
  return ok({ objects, total: objects.length, urls: {} })
}

function answerPackageFacts(state, method, name, what, body) {
  const pkg = state.packages.get(name)
  if (!pkg) return notFound()
  if (what[0] === 'visibility') return ok({ public: pkg.visibility === 'public' })
  if (what[0] === 'collaborators') {
    return ok(Object.fromEntries(Object.entries(pkg.users ?? {}).map(([user, right]) => [user, right === 'read-write' ? 'write' : 'read'])))
  }
  if (what[0] === 'access') return ok({})
  const tags = state.docs.get(name)['dist-tags']
  if (method === 'PUT') tags[what[1]] = body
  if (method === 'DELETE') delete tags[what[1]]
  return ok(tags)
}

function answerPackage(state, method, name, rest, body) {
  const doc = state.docs.get(name)
  if (method === 'PUT' && rest.length === 0) return ok({ ok: true }, doc ? 200 : 201)
  if (!doc) return notFound()
  if (rest[0] === '-rev') {
    if (method === 'DELETE') state.docs.delete(name)
    if (method === 'PUT' && body.versions) Object.assign(doc, { versions: body.versions, 'dist-tags': body['dist-tags'], _rev: '3-demo' })
    return ok({ ok: true, rev: '3-demo' })
  }
  if (rest[0] === '-') {
    if (method === 'DELETE') return ok({ ok: true })
    const version = rest[1].slice(bareName(name).length + 1, -'.tgz'.length)
    return { status: 200, raw: tarball(name, version), type: 'application/octet-stream' }
  }
  return ok(doc)
}

/** Returns the answer to a request, or null for a path that this registry does not support. */
function answer(state, call, method, target, body, origin) {
  const [path] = target.split('?')
  const parts = path.split('/').slice(1).map(decodeURIComponent)
  if (path === '/-/ping') return ok({})
  if (path === '/-/v1/search') return ok({ objects: [], total: 0, time: MTIME })
  if (path === '/-/v1/login') return ok({ loginUrl: `${origin}/-/demo/login`, doneUrl: `${origin}/-/demo/done` })
  if (path === '/-/demo/done') return ok({ token: 'from-web-login' })
  if (path === '/-/npm/v1/security/advisories/bulk') return ok({})
  if (path === '/-/_view/starredByUser') return ok({ rows: [{ value: 'left-pad' }] })
  if (path === '/-/whoami' || path === '/-/npm/v1/user' || path.startsWith('/-/npm/v1/tokens')) {
    return answerAccount(state, call, method, path, body)
  }
  if (path.startsWith('/-/user/token/')) return ok({ ok: true })
  if (path.startsWith('/-/user/org.couchdb.user:')) {
    const name = parts[2].slice('org.couchdb.user:'.length)
    return state.users.has(name) ? ok({ name, email: `${name}@example.invalid` }) : notFound()
  }
  if (parts[0] === '-' && parts[1] === 'user' && parts[3] === 'package') {
    const own = [...state.packages.values()].filter((pkg) => pkg.users?.[parts[2]])
    return ok(Object.fromEntries(own.map((pkg) => [pkg.name, pkg.users[parts[2]]])))
  }
  if (parts[0] === '-' && parts[1] === 'org') return answerOrg(state, method, parts[2], parts[3], body)
  if (parts[0] === '-' && parts[1] === 'team') return answerTeam(state, method, parts[2], parts[3], parts[4])
  if (parts[0] === '-' && parts[1] === 'package') return answerPackageFacts(state, method, parts[2], parts.slice(3), body)
  if (parts[0] === '-') return null
  const scoped = parts[0].startsWith('@') && !parts[0].includes('/')
  const name = scoped ? `${parts[0]}/${parts[1]}` : parts[0]
  return answerPackage(state, method, name, parts.slice(scoped ? 2 : 1), body)
}

// ---------------------------------------------------------------------------------------------- the scrubbing

const SECRET_KEYS = new Set(['password', 'old', 'new', 'token', 'otp', 'secret'])
const NOISE_KEYS = { shasum: '<sha1>', integrity: '<integrity>', _nodeVersion: '<node>', _npmVersion: '<npm>', email: '<e-mail>' }

function scrub(value, key = '') {
  if (Array.isArray(value)) return key === 'tfa' ? ['<otp>'] : value.map((entry) => scrub(entry))
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [scrub(name), scrub(entry, name)]))
  }
  if (typeof value !== 'string') return value
  if (SECRET_KEYS.has(key)) return `<${key === 'old' || key === 'new' ? 'password' : key}>`
  if (Object.hasOwn(NOISE_KEYS, key)) return NOISE_KEYS[key]
  if (key === 'data') return `<${value.length} characters of base64>`
  return value
    .replace(/https?:\/\/(127\.0\.0\.1|localhost):\d+/g, 'http://127.0.0.1')
    .replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, '<time>')
}

function scrubTarget(target) {
  return target.replace(/^(\/-\/user\/token\/).*$/, '$1<token>')
}

// ---------------------------------------------------------------------------------------------- the server

async function readBody(request) {
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > BODY_LIMIT) throw new Error('a request body is too large for the recorder')
    chunks.push(chunk)
  }
  const raw = Buffer.concat(chunks)
  const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw, { maxOutputLength: BODY_LIMIT }) : raw).toString()
  return text === '' ? null : JSON.parse(text)
}

/**
 * Starts the registry. `begin(call)` begins a command, and returns the list to which its requests are appended.
 * `call.owner` is the answer to whoami. If `call.challenge` is set, every request other than a GET is answered with a
 * challenge until it has a one-time password.
 */
export async function startRecorder(world) {
  let state = null
  let call = null
  let log = null
  let count = 0
  const problems = []

  const server = createServer(async (request, response) => {
    try {
      if (++count > MAX_REQUESTS) throw new Error('too many requests')
      const origin = `http://127.0.0.1:${server.address().port}`
      const body = await readBody(request)
      const { headers, method, url } = request
      const otp = headers['npm-otp'] !== undefined
      log.push({
        method,
        path: scrubTarget(url),
        headers: {
          authorization: headers.authorization === undefined ? 'none' : headers.authorization.split(' ')[0],
          'npm-command': headers['npm-command'] ?? null,
          'npm-otp': otp ? 'yes' : 'no',
          ...(headers['npm-scope'] === undefined ? {} : { 'npm-scope': headers['npm-scope'] }),
        },
        body: scrub(body),
      })
      if (call.challenge && !otp && method !== 'GET') {
        response.writeHead(401, { 'www-authenticate': 'OTP', 'content-type': 'application/json' })
        response.end(JSON.stringify({ error: 'You must provide a one-time pass.' }))
        return
      }
      const reply = answer(state, call, method, url, body, origin)
      if (reply === null) throw new Error(`no answer for ${method} ${scrubTarget(url)}`)
      response.writeHead(reply.status, { 'content-type': reply.type ?? 'application/json', connection: 'close' })
      response.end(reply.raw ?? (reply.body === null ? '' : JSON.stringify(reply.body)))
    } catch (error) {
      problems.push(error.message)
      response.writeHead(500, { connection: 'close' })
      response.end('{}')
    }
  })
  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })

  const { port } = server.address()
  return {
    port,
    problems,
    begin(next) {
      call = next
      state = freshState(world, `http://127.0.0.1:${port}`)
      log = []
      return log
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
