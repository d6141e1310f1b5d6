import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** `npm run changelog`: what has changed since the last release, from one fragment per change, ready for CHANGELOG.md. */
const root = join(import.meta.dirname, '..')
const fragments = globSync('changelog/unreleased/*.md', { cwd: root }).toSorted()
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const entries = fragments.map((file) => `- ${readFileSync(join(root, file), 'utf8').trim().replaceAll('\n', '\n  ')}`)
console.log(`## ${version}\n\n${entries.join('\n')}`)
