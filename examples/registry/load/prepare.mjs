// Fills an empty registry, and writes the requests of the load test to a file. A line of the file is `path token`, or
// `path -` for a request without a token.
//
//     node prepare.mjs http://127.0.0.1:PORT NAME PASSWORD targets.txt

import { createHash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'

import { packed } from './packed.mjs'
import { sender } from './registry.mjs'

const [base, name, password, targets] = process.argv.slice(2)
const PACKAGES = 20

const send = sender(base)

const user = `/-/user/org.couchdb.user:${name}`
const basic = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
const login = await send('PUT', `${user}/-rev/1-0`, basic, { _id: `org.couchdb.user:${name}`, name, password })
const publish = `Bearer ${login.token}`

const paths = []
for (let number = 0; number < PACKAGES; number += 1) {
  for (const [scope, access] of [['', 'public'], [`@${name}/`, 'restricted']]) {
    const bare = `load-${number}`
    const full = scope + bare
    const tarball = gzipSync(packed({
      'package/package.json': Buffer.from(JSON.stringify({ name: full, version: '1.0.0' })),
      'package/data': randomBytes(20_000),
    }))
    const digests = {
      shasum: createHash('sha1').update(tarball).digest('hex'),
      integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    }
    const version = '1.0.0'
    await send('PUT', `/${full.replace('/', '%2f')}`, publish, {
      _id: full, name: full, access, 'dist-tags': { latest: version },
      versions: { [version]: { name: full, version, description: 'for the load', dist: digests } },
      _attachments: { [`${full}-${version}.tgz`]: { data: tarball.toString('base64'), length: tarball.length } },
    })
    const isPrivate = access === 'restricted'
    paths.push([`/${full.replace('/', '%2f')}`, isPrivate], [`/${full}/-/${bare}-${version}.tgz`, isPrivate])
  }
}

const granular = async (rest) => {
  const made = await send('POST', '/-/npm/v1/tokens', publish, { password, expires: 30, ...rest })
  return made.token
}
const many = Array.from({ length: 49 }, (_, number) => `@${name}/load-${number % PACKAGES}`)
const goodTokens = [
  login.token,
  await granular({ name: 'all', packages_all: true, packages_and_scopes_permission: 'read-only' }),
  await granular({ name: 'scope', scopes: [`@${name}`], packages_and_scopes_permission: 'read-only' }),
  await granular({ name: 'near', packages: many, packages_and_scopes_permission: 'read-only', cidr_whitelist: ['10.0.0.0/8', '127.0.0.0/8'] }),
]
const uselessTokens = [
  '-',
  'npm_0000000000000000000000000000000000000000',
  await granular({ name: 'far', packages_all: true, packages_and_scopes_permission: 'read-only', cidr_whitelist: ['192.0.2.0/24'] }),
]
const lines = []
for (const [path] of paths) {
  for (const token of [...goodTokens, ...uselessTokens]) lines.push(`${path} ${token}`)
}
await writeFile(targets, lines.join('\n') + '\n')
process.stdout.write(`${paths.length} paths, each with ${goodTokens.length} tokens that may read and ${uselessTokens.length} without a right\n`)
