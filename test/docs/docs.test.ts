import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { referencePages } from '../../scripts/reference-pages.ts'
import { parseCommand } from '../../src/cli/parse.ts'
import { SETTINGS } from '../../src/config/settings.ts'
import { listedCommands, SERVE } from '../../src/main/cli.ts'

const root = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const pages = globSync(['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/**/*.md'], { cwd: root })

describe('the documentation', () => {
  test('reference pages are those that the program makes: run `npm run docs`', async () => {
    for (const [name, text] of await referencePages()) assert.equal(read(`docs/reference/${name}`), text, name)
  })

  test('every dependency has its reason, and every reason its dependency', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json'))
    const named = [...read('docs/reference/dependencies.md').matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name)
    assert.deepEqual(named.toSorted(), Object.keys({ ...dependencies, ...devDependencies }).toSorted())
  })

  test('links lead somewhere', () => {
    for (const page of pages) {
      for (const [, target = ''] of read(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
        if (/^https?:/.test(target)) continue
        assert.ok(existsSync(join(root, dirname(page), target)), `${page}: ${target}`)
      }
    }
  })

  test('every page can be reached from the README', () => {
    const seen = new Set<string>()
    const visit = (page: string): void => {
      if (seen.has(page)) return
      seen.add(page)
      for (const [, target = ''] of read(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
        const linked = join(dirname(page), target)
        if (linked.endsWith('.md') && existsSync(join(root, linked))) visit(linked)
        else if (linked.endsWith('adr')) for (const adr of globSync('docs/adr/*.md', { cwd: root })) visit(adr)
      }
    }
    visit('README.md')
    assert.deepEqual(
      pages.filter((page) => !seen.has(page)),
      [],
    )
  })

  test('settings that a page names exist', () => {
    const known = new Set(Object.values(SETTINGS).map(({ variable }) => variable as string))
    for (const page of pages) {
      for (const [name] of read(page).matchAll(/\bCLOUDLET_[A-Z0-9_]+\b/g)) {
        assert.ok(known.has(name.replace(/_FILE$/, '')), `${page}: ${name}`)
      }
    }
  })

  test('commands that a page shows can be typed like that', () => {
    const commands = [SERVE, ...listedCommands({})]
    let checked = 0
    for (const page of pages) {
      for (const [, line = ''] of read(page).matchAll(/npm run (?:--silent )?cloudlet -- ([^\n`]+)/g)) {
        const [name = '', ...args] = wordsOf(line)
        if (name === 'COMMAND' || name.startsWith('-')) continue
        const command = commands.find((known) => known.name === name)
        assert.ok(command !== undefined, `${page}: there is no command ${name}`)
        assert.doesNotThrow(() => parseCommand(command, args), `${page}: ${line}`)
        checked += 1
      }
    }
    assert.ok(checked > 5)
  })

  test('ADRs are numbered without a gap, and say what they decide', () => {
    const files = globSync('docs/adr/*.md', { cwd: root }).toSorted()
    for (const [index, file] of files.entries()) {
      assert.match(read(file), new RegExp(`^# ${index + 1}\\. `), file)
      assert.match(read(file), /\*\*State:\*\* (?:accepted|replaced by)/, file)
      assert.ok(read(file).split('\n').length < 40, `${file} is longer than a page`)
    }
  })
})

/** Words of a shell line, with single quotes. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}
