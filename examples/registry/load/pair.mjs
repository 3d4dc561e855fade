// Publishes one private package with ten versions to an empty registry, and prints a token that may read it.
//
//     node pair.mjs http://127.0.0.1:PORT NAME PASSWORD tollgate|verdaccio
//
// At tollgate-registry the account exists, and the token is a granular one. Verdaccio makes the account, and the token is
// that of the login.

import { createHash, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'

import { packed } from './packed.mjs'
import { sender } from './registry.mjs'

const [base, name, password, kind] = process.argv.slice(2)
const VERSIONS = 10

const send = sender(base)

const user = `/-/user/org.couchdb.user:${name}`
const account = { _id: `org.couchdb.user:${name}`, name, password, type: 'user', roles: [] }
const basic = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
const login = kind === 'tollgate'
  ? await send('PUT', `${user}/-rev/1-0`, basic, account)
  : await send('PUT', user, undefined, account)
const publish = `Bearer ${login.token}`

const full = `@${name}/pair`
for (let number = 0; number < VERSIONS; number += 1) {
  const version = `1.${number}.0`
  const tarball = gzipSync(packed({
    'package/package.json': Buffer.from(JSON.stringify({ name: full, version })),
    'package/data': randomBytes(20_000),
  }))
  const dist = {
    shasum: createHash('sha1').update(tarball).digest('hex'),
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    tarball: `${base}/${full}/-/pair-${version}.tgz`,
  }
  const manifest = {
    name: full, version, description: 'read again and again', main: 'index.js', license: 'MIT',
    scripts: { test: 'node --test' }, keywords: ['load', 'pair'], repository: { type: 'git', url: 'git+https://example.test/pair.git' },
    dependencies: { left: '^1.0.0', right: '^2.1.0', middle: '~3.2.1' }, devDependencies: { tester: '^4.0.0' },
    engines: { node: '>=20' }, _id: `${full}@${version}`, readme: '', dist,
  }
  await send('PUT', `/${full.replace('/', '%2f')}`, publish, {
    _id: full, name: full, access: 'restricted', 'dist-tags': { latest: version }, versions: { [version]: manifest },
    _attachments: {
      [`${full}-${version}.tgz`]: { content_type: 'application/octet-stream', data: tarball.toString('base64'), length: tarball.length },
    },
  })
}

const token = kind === 'tollgate'
  ? (await send('POST', '/-/npm/v1/tokens', publish, {
      name: 'reader', password, expires: 30, scopes: [`@${name}`], packages_and_scopes_permission: 'read-only',
    })).token
  : login.token
process.stdout.write(token)
