// Runs the commands of the scenario below with the real npm client and the recorder, and writes
// ../npm-recording.jsonl.
//
//     node run.mjs            # needs npm 11 on the PATH
//
// npm runs with its own home, configuration, cache and prefix, in a directory that is removed afterwards. Its only
// registry is the recorder on the loopback address.

import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRecorder } from './recorder.mjs'

const COMMAND_TIMEOUT_MS = 60_000
const OFFICE = '203.0.113.20'
const CI = '198.51.100.7'
const ELSEWHERE = '192.0.2.44'
const OTP = '--otp=123456'
const PASSWORD = '--password=not-a-password'

// ---------------------------------------------------------------------------------------------- the scenario
// A step is one npm command. `as` is the token's id in demo-world.json, or null for no token. `ip` is the address of
// the client, or null if it is unknown. `challenge` makes the recorder ask for a one-time password. `now` sets the
// clock, which otherwise advances by one minute for each step.

const run = (as, ip, command, options = {}) => ({ as, ip, command, ...options })
/** Returns a step that runs `npm publish` in a folder with this package. */
const publish = (as, ip, name, version, flags = '', options = {}) => {
  const folder = `./${name.replace('@', '').replace('/', '-')}`
  return { as, ip, command: `publish ${folder} ${flags}`.trim(), folder: { path: folder, name, version }, ...options }
}
/** Returns two steps: a command that is challenged, and the same command with a one-time password. */
const challenged = (step) => [
  { ...step, challenge: true },
  { ...step, command: `${step.command} ${OTP}`, challenge: true },
]

const SCENARIO = [
  // Requests without a token, and with an unknown token.
  run(null, ELSEWHERE, 'install left-pad'),
  run(null, ELSEWHERE, 'view @quillmarsh/billing version'),
  run(null, ELSEWHERE, 'view @quillmarsh/nothing version'),
  run(null, ELSEWHERE, 'dist-tag add express@1.0.0 stable'),
  run(null, ELSEWHERE, 'org ls quillmarsh'),
  run('t-nobody', ELSEWHERE, 'view left-pad version'),
  run('t-nobody', ELSEWHERE, 'whoami'),
  run(null, ELSEWHERE, 'ping'),
  run(null, ELSEWHERE, 'search left-pad'),
  run(null, ELSEWHERE, 'login --auth-type=web'),

  // The narrow CI token: one package, bypass, two ranges.
  publish('t-ci', CI, '@quillmarsh/web-kit', '1.1.0'),
  run('t-ci', '::ffff:198.51.100.9', 'dist-tag add @quillmarsh/web-kit@1.0.0 stable'),
  run('t-ci', '2001:db8:c1::17', 'dist-tag ls @quillmarsh/web-kit'),
  run('t-ci', CI, 'dist-tag rm @quillmarsh/web-kit latest'),
  run('t-ci', CI, 'deprecate @quillmarsh/web-kit@0.9.0 old'),
  run('t-ci', CI, 'unpublish @quillmarsh/web-kit@0.9.0'),
  publish('t-ci', ELSEWHERE, '@quillmarsh/web-kit', '1.1.0'),
  run('t-ci', null, 'view left-pad version'),
  publish('t-ci', CI, '@quillmarsh/billing', '1.1.0'),
  publish('t-ci', CI, 'left-pad', '1.1.0'),
  publish('t-ci', CI, '@quillmarsh/fresh', '1.0.0'),
  publish('t-ci', CI, '@quillmarsh/web-kit', '1.2.0', '--access=restricted'),
  run('t-ci', CI, 'whoami'),
  run('t-ci', CI, 'team create quillmarsh:robots'),
  run('t-ci', CI, 'org ls quillmarsh'),
  run('t-ci', CI, 'token list'),
  run('t-ci', CI, 'star left-pad'),
  run('t-ci', CI, 'audit', { lockfile: true }),

  // The same robot with the whole scope, and with its old automation token.
  publish('t-ci-all', CI, '@quillmarsh/ledger', '1.0.0'),
  publish('t-ci-all', CI, '@quillmarsh/vault', '1.1.0'),
  publish('t-ci-all', CI, 'quillmarsh-cli', '1.0.0'),
  run('t-ci-all', CI, 'access set status=public @quillmarsh/billing'),
  run('t-ci-all', CI, 'logout'),
  publish('t-auto', ELSEWHERE, '@quillmarsh/billing', '1.1.0'),
  publish('t-auto', ELSEWHERE, '@quillmarsh/vault', '1.1.0'),
  run('t-auto', ELSEWHERE, 'access list collaborators @quillmarsh/billing'),
  publish('t-auto', ELSEWHERE, '@quillmarsh/robot-tools', '1.0.0'),

  // ketil, a member without a second factor.
  run('t-ro', OFFICE, 'install @quillmarsh/billing'),
  run('t-ro', OFFICE, 'view @quillmarsh/vault version'),
  publish('t-ro', OFFICE, '@quillmarsh/billing', '1.1.0'),
  run('t-ro', null, 'whoami'),
  publish('t-ketil', OFFICE, '@quillmarsh/web-kit', '1.1.0'),
  publish('t-ketil', OFFICE, 'JSONStream', '1.1.0'),
  publish('t-ketil', OFFICE, '@quillmarsh/scratch', '1.0.0'),
  run('t-ketil', OFFICE, 'owner ls JSONStream'),
  run('t-ketil', OFFICE, 'owner add suvi JSONStream'),
  run('t-ketil', OFFICE, 'dist-tag add @quillmarsh/notes@0.9.0 previous'),
  run('t-ketil', OFFICE, 'access set status=public @quillmarsh/billing'),
  run('t-ketil', OFFICE, 'access set mfa=none @quillmarsh/vault'),
  run('t-ketil', OFFICE, 'team ls quillmarsh'),
  run('t-ketil', OFFICE, 'team create quillmarsh:robots'),
  run('t-ketil', OFFICE, 'profile set fullname Ketil'),
  run('t-ketil', OFFICE, 'profile enable-2fa auth-only', { stdin: 'not-a-password\n' }),
  run('t-ketil', OFFICE, `token create --name=laptop --packages=chalk --packages=@quillmarsh/notes --packages-and-scopes-permission=read-only --expires=30 --cidr=203.0.113.0/24 ${PASSWORD}`),
  run('t-org-ro', OFFICE, 'org ls quillmarsh'),
  run('t-org-ro', OFFICE, 'org set quillmarsh tavo developer'),
  run('t-org-ro', OFFICE, 'view @quillmarsh/billing version'),
  run('t-org-ro', OFFICE, 'team ls types'),
  run('t-org-ro', OFFICE, 'team ls quillmarsh-labs'),

  // ferran, an admin with a second factor for the account only.
  ...challenged(publish('t-scope', OFFICE, '@quillmarsh/billing', '1.1.0')),
  publish('t-scope', OFFICE, '@quillmarsh/inventory', '1.0.0'),
  publish('t-scope', OFFICE, '@quillmarsh/Inventory', '1.0.0'),
  publish('t-scope', OFFICE, '@quillmarsh/vault', '1.1.0'),
  run('t-scope', OFFICE, 'view @tavo/dotfiles version'),
  run('t-scope', '203.0.114.20', 'view @quillmarsh/billing version'),
  run('t-ferran', OFFICE, 'view @tavo/dotfiles version'),
  run('t-ferran', OFFICE, 'access list collaborators express'),
  run('t-ferran', OFFICE, 'team create quillmarsh:designers'),
  run('t-ferran', OFFICE, 'team add quillmarsh:designers ketil'),
  run('t-ferran', OFFICE, 'team ls quillmarsh:developers'),
  run('t-ferran', OFFICE, 'team rm quillmarsh:designers ketil'),
  run('t-ferran', OFFICE, 'team destroy quillmarsh:designers'),
  run('t-ferran', OFFICE, 'org set quillmarsh tavo developer'),
  ...challenged(run('t-ferran', OFFICE, 'access grant read-only quillmarsh:developers express')),
  run('t-ferran', OFFICE, 'access grant read-write quillmarsh:developers @babel/core'),
  ...challenged(run('t-ferran', OFFICE, `token create --name=ci --token-description=release --scopes=@quillmarsh --packages=express --packages-and-scopes-permission=read-write --orgs=quillmarsh --orgs-permission=read-only --expires=90 --cidr=198.51.100.0/24 --bypass-2fa ${PASSWORD}`)),
  run('t-org-admin', OFFICE, 'team add quillmarsh:developers quillmarsh-ci'),
  run('t-org-admin', OFFICE, 'access grant read-write quillmarsh:developers @quillmarsh/billing', { challenge: true }),
  run('t-org-admin', OFFICE, 'access grant read-write quillmarsh:developers express'),
  run('t-org-admin', OFFICE, 'org rm quillmarsh ketil'),
  run('t-expired', OFFICE, 'view left-pad version', { now: '2026-03-02T09:59:59.999Z' }),
  run('t-expired', OFFICE, 'view left-pad version', { now: '2026-03-02T10:00:00Z' }),

  // odalys, the owner, with a second factor for everything.
  ...challenged(run('t-odalys', OFFICE, 'access set status=private @quillmarsh/web-kit', { now: '2026-03-02T11:00:00Z' })),
  ...challenged(run('t-odalys', OFFICE, 'access set mfa=publish @quillmarsh/vault')),
  ...challenged(publish('t-odalys', OFFICE, '@quillmarsh/vault', '1.1.0')),
  publish('t-odalys', OFFICE, '@quillmarsh/billing', '1.1.0'),
  run('t-odalys', OFFICE, 'access list packages quillmarsh'),
  run('t-odalys', OFFICE, 'access list packages quillmarsh:platform'),
  run('t-odalys', OFFICE, 'access get status @quillmarsh/vault'),
  ...challenged(run('t-odalys', OFFICE, 'org set quillmarsh ketil admin')),
  run('t-odalys', OFFICE, `org rm quillmarsh ketil ${OTP}`),
  run('t-odalys', OFFICE, 'access revoke quillmarsh:developers @quillmarsh/notes', { challenge: true }),
  run('t-odalys', OFFICE, 'profile get'),
  run('t-odalys', OFFICE, 'token list'),
  run('t-odalys', OFFICE, `token revoke t-old ${OTP}`),
  run('t-odalys', OFFICE, 'profile disable-2fa', { challenge: true, stdin: 'not-a-password\n' }),
  run('t-old', OFFICE, 'whoami'),
  run('t-odalys', OFFICE, 'logout'),
  run('t-org', ELSEWHERE, 'team create quillmarsh:auditors'),
  run('t-org', ELSEWHERE, 'org set quillmarsh tavo developer'),
  run('t-org', ELSEWHERE, 'org set fernbrook tavo developer'),
  run('t-org', ELSEWHERE, 'org set vanished-org tavo developer'),
  run('t-org', ELSEWHERE, 'team create types:robots'),
  run('t-org', ELSEWHERE, 'access grant read-only quillmarsh:platform @quillmarsh/notes'),
  run('t-org', ELSEWHERE, 'access grant read-only quillmarsh:platform @quillmarsh/vault'),
  run('t-org', ELSEWHERE, 'access revoke quillmarsh:developers @fernbrook/maps'),
  publish('t-org', ELSEWHERE, '@quillmarsh/web-kit', '1.1.0'),

  // suvi, who maintains public packages.
  ...challenged(publish('t-suvi', ELSEWHERE, 'left-pad', '1.1.0')),
  run('t-suvi', ELSEWHERE, 'star express'),
  run('t-suvi', ELSEWHERE, 'unstar express'),
  run('t-suvi', ELSEWHERE, 'stars suvi'),
  ...challenged(run('t-suvi', ELSEWHERE, 'deprecate express@0.9.0 old')),
  run('t-suvi', ELSEWHERE, `owner rm tavo chalk ${OTP}`),
  run('t-suvi', ELSEWHERE, 'view @quillmarsh/notes version'),
  ...challenged(publish('t-suvi', ELSEWHERE, 'lodash', '1.1.0')),
  publish('t-suvi-all', ELSEWHERE, 'lodash', '1.1.0'),
  publish('t-suvi-all', ELSEWHERE, 'tidy-left-pad', '1.0.0'),
  publish('t-suvi-all', ELSEWHERE, 'TidyLeftPad', '1.0.0'),
  publish('t-suvi-all', ELSEWHERE, 'react', '1.1.0'),
  run('t-suvi-all', ELSEWHERE, 'unpublish chalk --force'),
  publish('t-suvi-ro', ELSEWHERE, 'left-pad', '1.1.0'),
  run('t-suvi-ro', ELSEWHERE, 'access list collaborators left-pad'),

  // Others: a maintainer of scoped packages, dead tokens, a suspended owner.
  run('t-brannoch', ELSEWHERE, 'deprecate @babel/parser@0.9.0 old', { challenge: true }),
  ...challenged(publish('t-brannoch', ELSEWHERE, '@types/node', '1.1.0')),
  publish('t-brannoch', ELSEWHERE, '@types/left-pad', '1.0.0', `--access=public ${OTP}`),
  publish('t-brannoch', ELSEWHERE, 'left-pad', '1.1.0'),
  run('t-revoked', ELSEWHERE, 'view left-pad version'),
  run('t-cutoff', ELSEWHERE, 'whoami'),
  publish('t-renske', ELSEWHERE, '@angular/core', '1.1.0'),
  run('t-suspended', ELSEWHERE, 'view @types/node version'),

  // tavo, an outsider with a scope of his own.
  run('t-tavo', ELSEWHERE, 'view @quillmarsh/billing version'),
  run('t-tavo', ELSEWHERE, 'view @quillmarsh/nothing version'),
  publish('t-tavo', ELSEWHERE, '@quillmarsh/mine', '1.0.0'),
  publish('t-tavo', ELSEWHERE, '@unclaimed-scope/mine', '1.0.0'),
  publish('t-tavo', ELSEWHERE, '@tavo/notes-cli', '1.0.0', '--access=public'),
  run('t-tavo', ELSEWHERE, 'access set status=public @tavo/dotfiles'),
  run('t-tavo', ELSEWHERE, 'access set mfa=automation chalk'),
  run('t-tavo', ELSEWHERE, 'access list packages tavo'),
  run('t-tavo', ELSEWHERE, 'org ls quillmarsh'),
  run('t-tavo', ELSEWHERE, 'unpublish chalk@0.9.0'),
]

// ---------------------------------------------------------------------------------------------- the client

/** Runs npm with its own environment. Resolves to the exit status. */
function npm(args, { root, cwd, index, stdin = '' }) {
  const setting = {
    userconfig: join(root, 'user.npmrc'),
    globalconfig: join(root, 'global.npmrc'),
    prefix: join(root, 'prefix'),
    cache: join(root, `cache-${index}`),
    update_notifier: 'false',
    audit: args[0] === 'audit' ? 'true' : 'false',
    fund: 'false',
    browser: 'false',
    fetch_retries: '0',
    logs_max: '0',
    maxsockets: '1',
    loglevel: process.env.DEBUG_NPM ? 'notice' : 'error',
  }
  const env = { PATH: process.env.PATH, HOME: join(root, 'home'), NO_COLOR: '1' }
  for (const [key, value] of Object.entries(setting)) env[`npm_config_${key}`] = value
  return new Promise((resolve, reject) => {
    const child = spawn('npm', args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'], timeout: COMMAND_TIMEOUT_MS })
    let text = ''
    child.stdout.on('data', (chunk) => { text += chunk })
    child.stderr.on('data', (chunk) => { text += chunk })
    child.stdin.on('error', () => {})
    child.stdin.end(stdin)
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, text }))
  })
}

async function prepare(root, index, step, port) {
  const registry = `http://127.0.0.1:${port}/`
  const auth = step.as === null ? '' : `//127.0.0.1:${port}/:_authToken=demo-${step.as}\n`
  await writeFile(join(root, 'user.npmrc'), `registry=${registry}\n${auth}`)
  const cwd = join(root, `step-${index}`)
  await mkdir(cwd)
  if (step.folder) {
    const { path, name, version } = step.folder
    await mkdir(join(cwd, path))
    const manifest = { name, version, description: 'A package of the tollgate demo', license: 'MIT', main: 'index.js' }
    await writeFile(join(cwd, path, 'package.json'), JSON.stringify(manifest, null, 2) + '\n')
    await writeFile(join(cwd, path, 'index.js'), 'module.exports = 1\n')
  } else {
    await writeFile(join(cwd, 'package.json'), JSON.stringify({ name: 'demo-project', version: '1.0.0' }) + '\n')
  }
  if (step.lockfile) {
    const packages = { '': { name: 'demo-project', version: '1.0.0', dependencies: { 'left-pad': '1.0.0' } } }
    packages['node_modules/left-pad'] = { version: '1.0.0' }
    await writeFile(join(cwd, 'package.json'), JSON.stringify(packages['']) + '\n')
    await writeFile(join(cwd, 'package-lock.json'), JSON.stringify({ name: 'demo-project', version: '1.0.0', lockfileVersion: 3, packages }) + '\n')
  }
  return cwd
}

/** Returns the command as it is recorded, without one-time passwords and passwords. */
const shown = (command) => `npm ${command}`.replace(OTP, '--otp=<otp>').replace(PASSWORD, '--password=<password>')

async function main() {
  const here = new URL('../', import.meta.url)
  const world = JSON.parse(await readFile(new URL('demo-world.json', here), 'utf8'))
  const owners = new Map(world.tokens.map((token) => [token.id, token.owner]))
  const recorder = await startRecorder(world)
  const root = await mkdtemp(join(tmpdir(), 'tollgate-demo-'))
  const lines = []
  try {
    await mkdir(join(root, 'home'))
    await mkdir(join(root, 'prefix'))
    await writeFile(join(root, 'global.npmrc'), '')
    let clock = Date.parse('2026-03-02T09:00:00Z')
    for (const [index, step] of SCENARIO.entries()) {
      const log = recorder.begin({ owner: owners.get(step.as), challenge: step.challenge })
      const cwd = await prepare(root, index, step, recorder.port)
      const result = await npm(step.command.split(' '), { root, cwd, index, stdin: step.stdin })
      if (process.env.DEBUG_NPM) process.stderr.write(`--- ${step.as} ${step.command} -> ${result.status} (${log.length})\n${result.text}\n`)
      if (log.length === 0) throw new Error(`step ${index + 1} sent nothing: npm ${step.command}\n${result.text}`)
      if (step.now) clock = Date.parse(step.now)
      const now = new Date(clock).toISOString().replace('.000Z', 'Z')
      clock += 60_000
      for (const request of log) {
        lines.push(JSON.stringify({ n: lines.length + 1, step: index + 1, npm: shown(step.command), as: step.as, client_ip: step.ip, now, ...request }))
      }
    }
  } finally {
    await recorder.stop()
    await rm(root, { recursive: true, force: true })
  }
  if (recorder.problems.length > 0) throw new Error(recorder.problems.join('\n'))
  const text = lines.join('\n') + '\n'
  await writeFile(new URL('npm-recording.jsonl', here), text)
  process.stdout.write(`${SCENARIO.length} commands, ${lines.length} requests\n`)
}

await main()
