// Records what npm's own `validate-npm-package-name` 7.0.2 says about a few
// thousand names. See README.md beside this file.
//
//   node record.mjs              writes recorded.jsonl and core-modules.txt
//   node record.mjs --check      writes nothing; exit 1 if either file would change
//   node record.mjs --verdict    names on stdin, one JSON string a line;
//                                [old,new] on stdout, one line for each
//
// The validator is looked for in `--validator DIR`, then in $VALIDATOR_DIR,
// then in the npm that `npm root -g` names.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

const VERSION = '7.0.2'
const NAME = 'validate-npm-package-name'

const here = (file) => new URL(file, import.meta.url)

function die (message) {
  process.stderr.write(`record.mjs: ${message}\n`)
  process.exit(2)
}

// ---------------------------------------------------------------- arguments

let mode = 'record'
let dir = process.env.VALIDATOR_DIR || ''
{
  const args = process.argv.slice(2)
  while (args.length) {
    const arg = args.shift()
    if (arg === '--verdict' || arg === '--check') mode = arg.slice(2)
    else if (arg === '--validator' && args.length) dir = args.shift()
    else die(`unknown or incomplete argument ${arg}; see the top of this file`)
  }
}

// ---------------------------------------------------------------- validator

function load () {
  if (!dir) {
    let root
    try {
      root = execFileSync('npm', ['root', '-g'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        shell: process.platform === 'win32',
      }).trim()
    } catch {
      die('no npm to ask for its directory; give --validator DIR or set VALIDATOR_DIR')
    }
    dir = join(root, 'npm', 'node_modules', NAME)
  }
  dir = resolve(dir)
  if (!existsSync(join(dir, 'package.json'))) {
    die(`no ${NAME} in ${dir}; give --validator DIR or set VALIDATOR_DIR`)
  }
  const require = createRequire(join(dir, 'package.json'))
  const { name, version } = require('./package.json')
  if (name !== NAME || version !== VERSION) {
    die(`the table is held against ${NAME} ${VERSION}, but ${dir} is ${name} ${version}; ` +
      'give the directory of that version with --validator DIR or VALIDATOR_DIR')
  }
  return { validate: require('./'), core: require('./lib/builtin-modules.json') }
}

const { validate, core } = load()

function verdict (name) {
  if (typeof name !== 'string') throw new Error('not a string')
  // A lone surrogate makes encodeURIComponent throw, and no Rust string holds one.
  if (/\p{Surrogate}/u.test(name)) throw new Error('a lone surrogate')
  const r = validate(name)
  return [r.validForOldPackages, r.validForNewPackages]
}

// ---------------------------------------------------------------- the names

// mulberry32: 32 bits of state, integer arithmetic only, the same everywhere.
function prng (seed) {
  let s = seed >>> 0
  return (below) => {
    s = (s + 0x6d2b79f5) >>> 0
    let t = Math.imul(s ^ (s >>> 15), s | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

function generate (real) {
  const seen = new Set()
  const add = (...names) => { for (const n of names) seen.add(n) }
  const capital = (s) => s.charAt(0).toUpperCase() + s.slice(1)
  // one word in each part of a name
  const parts = (w) => [w, `@${w}/x`, `@x/${w}`, `@${w}/${w}`]

  add(...real)

  // -- nothing, and little more
  add('', '@', '@/', '@/x', '@x', '@x/', '@@x/y', '@x/@y', '@@', '@@/x', '@/@', '@@x', 'x@', 'x@y',
    'x@1.0.0', '@x/y@1.0.0', '@x@y/z', '@x/y@', '@x@/y', '.', '..', '...', './', '../', './x', '../x',
    '@.', '@..', '@./x', '@../x', '@.../x', '@x/.', '@x/..', '@x/...', '@./.', '@../..', '@.x/y', '@..x/y',
    '@-x/y', '@_x/y', '@-/y', '@_/y', '@x/_y', '@x/-y', '@x/.y', '@x/..y', '@x/-', '@x/_', '@x/--', '@x/__',
    '-', '--', '---', '_', '__', '-x', '_x', '.x', '--x', '__x', '..x', '-_.', 'x-', 'x_', 'x.', 'x--', 'x__',
    'x..', 'x.-_', 'x..y', 'x./y', '@x/y-', '@x/y_', '@x/y.', '@x-/y', '@x_/y', '@x./y', '@x../y',
    '@x/.node_modules', '@x/.bin', '.bin', '.npmrc', '.git', '@.git/config', '@.git/.git')

  // -- slashes
  add('/', '//', '///', 'x/', '/x', 'x/y', 'x/y/z', '//x', 'x//', 'x//y', '@x//', '@x//y', '@/x/y', '@//x',
    '@x/y/', '@x/y/z', '@x//y/z', '@x/y//', '/@x/y', '//@x/y', '@x/@y/z', 'x/@y/z', '@x/../y', '@x/./y',
    '@../../x', '../../etc/passwd', '@x\\y', 'x\\y', '@x/y\\z', '..\\x', '@x/..\\y', 'C:\\x', 'C:/x',
    'file:x', 'file:../x', 'git+ssh://x/y', 'https://x/y', 'npm:x', 'npm:@x/y', 'npm:x@1', 'jsr:@x/y',
    'x:y', '@x:y/z', '@x/y:z', 'x#y', '@x/y#z', 'x?y', '@x/y?z', 'x&y', 'x=y', 'x;y', 'x,y', 'x+y', 'x$y',
    'github:x/y', '@x/y z', '~/x', '~x/y', '*', '**', '@*/x', '@x/*', '@*/*', 'x*', '@x*/y', '@x/y*')

  // -- percent-encodings: never decoded
  for (const e of ['%2f', '%2F', '%40', '%2e', '%2E%2E', '%00', '%20', '%25', '%252f', '%', '%%', '%2', '%zz',
    '%41', '%61', '%7E', '%E2%80%AE', '%C3%A9', '%C0%AF', '%u0041']) {
    add(e, `x${e}y`, `@x${e}y`, `@${e}/x`, `@x${e}/y`, `@x/${e}`)
  }
  add('%40x/y', '%40x%2fy', '@x%2Fy', '@x%2fy%2fz', '@x/%2e%2e', '@%2e%2e/x')

  // -- length: the validator counts the whole name, the @ and the / too
  const fill = (n, unit = 'abcdefghij') => unit.repeat(Math.ceil(n / unit.length)).slice(0, n)
  for (const n of [1, 2, 3, 4, 5, 128, 212, 213, 214, 215, 216, 217, 255, 256, 257, 512, 1022, 1023, 1024, 1025, 1026]) {
    add(fill(n), capital(fill(n)))
    if (n < 4) continue
    add(`@s/${fill(n - 3)}`, `@${fill(n - 3)}/p`)
    if (n > 5 && n < 1000) {
      const half = Math.floor((n - 2) / 2)
      add(`@${fill(half)}/${fill(n - 2 - half)}`, `@S/${fill(n - 3)}`, `@s/${capital(fill(n - 3))}`)
      add(`${fill(n - 1)}!`, `@s/${fill(n - 4)}*`, `@${fill(n - 4)}!/p`, `.${fill(n - 1)}`, `@s/.${fill(n - 4)}`)
      add(`${fill(n - 1)} `, `-${fill(n - 1)}`, `_${fill(n - 1)}`, `@s${fill(n - 2)}`)
    }
    // a part alone at the edge: 214 in the name alone is 217 in all
    if (n > 200 && n < 220) add(`@s/${fill(n)}`, `@scope/${fill(n)}`, `@${fill(n)}/p`, `@${fill(n)}/${fill(n)}`)
  }
  add(fill(2049), `@s/${fill(2046)}`, '-'.repeat(215), '.'.repeat(215), '@'.repeat(215), '~'.repeat(215))
  // bytes, UTF-16 units and characters differ
  for (const n of [71, 72, 107, 108, 213, 214, 215]) add('\u00e9'.repeat(n), '\u{1f600}'.repeat(n), `x${'\u20ac'.repeat(n)}`)

  // -- every printable ASCII character and every control, in every place
  for (let c = 0; c < 128; c++) {
    const ch = String.fromCharCode(c)
    add(ch, `${ch}ab`, `a${ch}b`, `ab${ch}`)
    if (c < 32 || c === 127) {
      add(`@a${ch}b/p`, `@s/ab${ch}`)
    } else {
      add(`@${ch}ab/p`, `@a${ch}b/p`, `@ab${ch}/p`, `@s/${ch}ab`, `@s/a${ch}b`, `@s/ab${ch}`)
      if (!/[a-z0-9]/i.test(ch)) add(`@${ch}/p`, `@s/${ch}`)
    }
  }

  // -- two odd characters together, first and last
  const odd = ['.', '-', '_', '~', "'", '!', '(', ')', '*', '@', '/', ' ', '%', 'A', '0']
  for (const p of odd) for (const q of odd) add(`${p}${q}`, `@s/${p}${q}`)

  // -- names that are refused as a whole
  for (const w of ['node_modules', 'favicon.ico']) {
    const forms = new Set([w, w.toUpperCase(), capital(w), w.replace(/[aeiou]/g, (v) => v.toUpperCase()),
      w.slice(0, -1) + w.slice(-1).toUpperCase()])
    for (const f of forms) {
      add(...parts(f), `${f}x`, `x${f}`, `${f}.`, `.${f}`, ` ${f}`, `${f} `, `${f}/`, `/${f}`, `${f}/x`,
        `@${f}`, `@${f}/`, `@x/${f}x`, `@x/x${f}`, `@x${f}/y`, `@x/${f} `, `@x/.${f}`, `${f}\n`, `${f}\u0000`)
    }
  }
  add('node-modules', 'node_module', 'nodemodules', 'favicon-ico', 'favicon', 'favicon_ico', 'favicon.icon',
    'fav\u0131con.ico', 'FAV\u0130CON.ICO', 'favicon\u3002ico', 'favicon.\u0456co', 'node\uff3fmodules',
    'n\u043ede_modules', 'node_modu\u2113es', 'node_module\u017f', 'NODE_MODULE\u017f', '@x/node_module\u017f',
    '@x/fav\u0131con.ico', '@node_module\u017f/x')

  // -- core modules
  for (const m of core) {
    add(m, `@x/${m}`, `@${m}/x`, capital(m), `@x/${capital(m)}`, `node:${m}`, `${m}x`)
    if (m.length % 2) add(m.toUpperCase())
  }
  add('node:', 'node', 'NODE:TEST', 'Node:Test', '@node/test', 'node:Test', 'test', 'sqlite', 'sea', 'fs/Promises',
    'FS/promises', 'freelist', 'ffi', 'quic', 'timers/Promises', 'http\u212a', 'http_', 'htt\uff50', '\u017fys',
    'networ\u212a', 'tl\u017f', 'o\u017f', 'task_\u212a', 'd\u0261ram')

  // -- words that mean something in JavaScript or in a file system
  for (const w of ['undefined', 'null', 'true', 'false', 'nan', 'NaN', 'Infinity', '__proto__', 'constructor',
    'prototype', 'hasOwnProperty', 'toString', 'valueOf', '[object Object]', 'Undefined', 'UNDEFINED', '0', '-0', '1e3', '0x10',
    'con', 'nul', 'aux', 'prn', 'com1', 'CON', 'NUL', 'lpt1.txt', 'package.json', 'index.js', 'npm', 'org', 'team', 'user']) {
    add(w, `@${w}/x`, `@x/${w}`, `@${w}`, `@${w}/`)
  }
  add('undefined ', 'undefined!', '@undefined/undefined ', 'undefined/x/y', '@undefined', 'undefined\u00e9')

  // -- the characters that were allowed once
  for (const ch of ['~', "'", '!', '(', ')', '*']) {
    for (const s of [ch, `a${ch}b`]) {
      add(...parts(s), `@${s}/Y`, `@X/${s}`, `@${s}/.y`, `@${s}/y/`, `@.${s}/y`, `@${s}/node_modules`, `@${s}/y z`, `.${s}`, `-${s}`, `_${s}`)
    }
  }
  add("~'!()*", "@~'!()*/x", "@x/~'!()*", "@~'!()*/~'!()*", "@X~'!()*/x", 'Crazy!', 'CRAZY', 'a!b', "it's", '(x)', '@(x)/y', '@x/(y)')

  // -- capitals
  add('X', 'aB', 'Ab', 'AB', '@X/y', '@x/Y', '@X/Y', '@aB/c', '@a/bC', '@A', '@A/', 'A.B', 'A-B', 'A_B', '-A', '_A', '.A')

  // -- white space and what is invisible
  for (const ch of [' ', '  ', '\t', '\n', '\r', '\r\n', '\v', '\f', '\0', '\u007f', '\u0080', '\u0085', '\u00a0', '\u00ad',
    '\u034f', '\u061c', '\u115f', '\u1680', '\u180e', '\u2000', '\u2003', '\u2009', '\u200b', '\u200c', '\u200d', '\u200e', '\u200f',
    '\u2028', '\u2029', '\u202a', '\u202e', '\u202f', '\u205f', '\u2060', '\u2064', '\u2066', '\u2069', '\u3000', '\u3164', '\ufe0f', '\ufeff',
    '\ufff9', '\ufffd', '\ufffe', '\uffff', '\u{e0001}', '\u{e0041}', '\u{10ffff}', '\ue000']) {
    add(`${ch}x`, `x${ch}`, `x${ch}y`, `@x${ch}/y`, `@x/y${ch}`, `${ch}@x/y`)
  }

  // -- Unicode: look-alikes, combining, wide, case oddities
  for (const ch of ['\u00e9', 'e\u0301', '\u00df', '\u1e9e', '\u0130', '\u0131', 'i\u0307', '\u017f', '\u212a', '\u212b', '\u00c5', 'A\u030a',
    '\u0430', '\u0410', '\u0435', '\u043e', '\u0441', '\u0440', '\u0445', '\u03b1', '\u03bf', '\u03c2', '\u03a3', '\u0251', '\u0261',
    '\uff41', '\uff21', '\uff0e', '\uff0f', '\uff20', '\uff3f', '\uff0d', '\u2024', '\u2025', '\u2026', '\u2044', '\u2215', '\u29f8',
    '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2212', '\u2019', '\u02bc', '\u01c6', '\u01c5', '\u01c4', '\ufb01', '\ufb00', '\u0149',
    '\u00b2', '\u2460', '\u0661', '\u06f1', '\uff11', '\u4e2d', '\u4e2d\u6587', '\u65e5\u672c', '\ud55c', '\u1112\u1161\u11ab', '\u05d0', '\u0627',
    '\u0301', '\u0300\u0301\u0302', '\u{1f600}', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}', '\u{1f1e9}\u{1f1ea}', '\u2764\ufe0f', '1\ufe0f\u20e3',
    '\u{1d4b3}', '\u{1d5ba}', '\u{10400}', '\u{10428}', '\u{1e900}', '\u13a0', '\uab70', '\u10a0', '\u2d00', '\u0345', '\u1f80', '\u0390']) {
    add(ch, `@${ch}/x`, `@x/y${ch}z`)
  }
  add('l\u043ed\u0430sh', 'r\u0435act', '\uff52\uff45\uff41\uff43\uff54', 'expre\u00dfs', 'EXPRE\u1e9e', 'i\u0307d', '\u0130d', 'li\u0300b', 'caf\u00e9', 'cafe\u0301',
    '\uff20x/y', '@x\uff0fy', '@x\u2215y', '@x/\u2025', '@x/\uff0e', '@\u2025/x', '\uff0ex', 'x\u202ejs.', '@types/n\u043ede')

  // -- random: short strings over an alphabet of trouble
  const nasty = ['.', '-', '_', '~', "'", '!', '(', ')', '*', '@', '@', '/', '/', ' ', '%', '\\', ':', '#', '?', '+', ',', '\t', '\n', '\0',
    'a', 'b', 'z', 'A', 'Z', '0', '9', 'x', 'y', '\u00e9', '\u0301', '\u017f', '\u212a', '\u2028', '\ufeff', '\u{1f600}']
  const mild = ['a', 'b', 'c', 'x', 'y', 'z', '0', '7', '9', '-', '_', '.']
  const legacy = [...mild, 'A', 'Q', '~', "'", '!', '(', ')', '*']
  const r = prng(0x70112a7e)
  const from = (set, min, max) => {
    let s = ''
    for (let n = min + r(max - min + 1); n > 0; n--) s += set[r(set.length)]
    return s
  }
  for (let i = 0; i < 250; i++) add(from(nasty, 1, 9))
  for (let i = 0; i < 150; i++) add(`@${from(nasty, 1, 4)}/${from(nasty, 1, 4)}`)
  for (let i = 0; i < 100; i++) add(from(mild, 1, 10))
  for (let i = 0; i < 100; i++) add(`@${from(mild, 1, 6)}/${from(mild, 1, 6)}`)
  for (let i = 0; i < 150; i++) add(from(legacy, 1, 8))
  for (let i = 0; i < 200; i++) add(`@${from(legacy, 1, 5)}/${from(legacy, 1, 5)}`)

  // -- random: a real name with one thing wrong, or merely different
  for (let i = 0; i < 350; i++) {
    const name = real[r(real.length)]
    const at = r(name.length + 1)
    const ch = nasty[r(nasty.length)]
    switch (r(5)) {
      case 0: add(name.slice(0, at) + ch + name.slice(at)); break
      case 1: add(name.slice(0, at) + ch + name.slice(at + 1)); break
      case 2: add(name.slice(0, at) + name.slice(at + 1)); break
      case 3: add(name.slice(0, at) + name.slice(at, at + 1).toUpperCase() + name.slice(at + 1)); break
      default: add(name.startsWith('@') ? name.slice(1) : `@${from(mild, 1, 4)}/${name}`)
    }
  }

  return [...seen]
}

// ---------------------------------------------------------------- the files

function readReal () {
  const names = readFileSync(here('real-names.txt'), 'utf8').split('\n')
  if (names.pop() !== '') die('real-names.txt: no newline at its end')
  if (new Set(names).size !== names.length) die('real-names.txt: a name stands there twice')
  for (const n of names) {
    if (!/^[\x21-\x7e]+$/.test(n)) die(`real-names.txt: ${JSON.stringify(n)} is no visible ASCII`)
    if (!verdict(n)[0]) die(`real-names.txt: the validator refuses ${JSON.stringify(n)}`)
  }
  return names
}

// JSON in ASCII only, so that no editor, diff or line splitter can spoil it.
const ascii = (value) => JSON.stringify(value).replace(/[^\x20-\x7e]/g,
  (u) => '\\u' + u.charCodeAt(0).toString(16).padStart(4, '0'))

function record (check) {
  const count = { lines: 0, both: 0, old: 0, none: 0 }
  let table = ''
  for (const name of generate(readReal())) {
    const [old, fresh] = verdict(name)
    count.lines++
    count[fresh ? 'both' : old ? 'old' : 'none']++
    table += ascii([name, old, fresh]) + '\n'
  }
  const files = { 'recorded.jsonl': table, 'core-modules.txt': core.join('\n') + '\n' }
  for (const [file, text] of Object.entries(files)) {
    if (!check) {
      writeFileSync(here(file), text)
    } else if (!existsSync(here(file)) || readFileSync(here(file), 'utf8') !== text) {
      process.stderr.write(`record.mjs: ${file} differs\n`)
      process.exitCode = 1
    }
  }
  process.stderr.write(`${count.lines} names: ${count.both} old and new, ${count.old} old only, ${count.none} neither; ` +
    `${core.length} core modules\n`)
}

async function verdicts () {
  // All of stdin is read before anything is written, so a caller that writes
  // first and reads afterwards never waits for itself. Lines end at \n only:
  // JSON may hold a bare U+2028.
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const chunk of process.stdin) text += chunk
  const lines = text.split('\n')
  if (lines[lines.length - 1] === '') lines.pop()
  const out = lines.map((line, i) => {
    try {
      return JSON.stringify(verdict(JSON.parse(line)))
    } catch (e) {
      return die(`line ${i + 1} of stdin: ${e.message}`)
    }
  })
  process.stdout.write(out.map((l) => l + '\n').join(''))
}

if (mode === 'verdict') await verdicts()
else record(mode === 'check')
