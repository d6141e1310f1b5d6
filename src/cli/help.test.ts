import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from './command.ts'
import { helpForAll, helpForCommand } from './help.ts'

async function run(): Promise<void> {}

const LONG =
  'A summary that is a good deal longer than what fits into the space that one line of a terminal leaves for it'

const add: Command = {
  name: 'user:add',
  summary: 'Make an account',
  args: [
    { name: 'user', summary: 'Id of the account' },
    { name: 'alias?', summary: LONG },
    { name: 'path...', summary: 'Paths' },
  ],
  options: {
    quota: { type: 'string', value: 'SIZE', summary: 'Quota' },
    plain: { type: 'string', summary: 'Anything' },
    group: { type: 'string', short: 'g', multiple: true, value: 'GROUP', summary: 'Group to join' },
    'a-very-long-option-name': { type: 'string', value: 'SOMETHING', summary: LONG },
  },
  examples: ['cloudlet user:add alice --group staff'],
  run,
}

function assertNarrow(text: string): void {
  for (const line of text.split('\n')) {
    assert.ok(line.length <= 80, `${line.length} columns: ${line}`)
    assert.equal(line, line.trimEnd())
  }
}

test('help of one command tells summary, usage, arguments, options with their values, and examples', () => {
  const help = helpForCommand(add)
  assertNarrow(help)
  assert.equal(
    help,
    `Make an account

Usage: cloudlet user:add USER [ALIAS] [PATH...] [OPTIONS]

Arguments
  USER                    Id of the account
  [ALIAS]                 A summary that is a good deal longer than what fits
                          into the space that one line of a terminal leaves for
                          it
  [PATH...]               Paths

Options
  --quota SIZE            Quota
  --plain VALUE           Anything
  -g, --group GROUP       Group to join. May be given several times
  --a-very-long-option-name SOMETHING
                          A summary that is a good deal longer than what fits
                          into the space that one line of a terminal leaves for
                          it
  --data FOLDER           Data folder (CLOUDLET_DATA)
  --output FORM           plain, json or json_pretty
  -n, --no-interaction    Ask nothing
  -h, --help              Show this help

Examples
  cloudlet user:add alice --group staff
`,
  )
})

test('a command without arguments and examples has no such headings', () => {
  const help = helpForCommand({ name: 'serve', summary: 'Run the server', run })
  assert.match(help, /^Run the server\n\nUsage: cloudlet serve \[OPTIONS\]\n\nOptions\n/)
  assert.doesNotMatch(help, /Arguments|Examples/)
})

test('the list is grouped by the word before the colon, in the order of the alphabet', () => {
  const others: readonly Command[] = [
    { name: 'user:delete', summary: LONG, run },
    { name: 'serve', summary: 'Run the server', run },
    { name: 'group:add', summary: 'Make a group', run },
  ]
  const help = helpForAll([add, ...others], '1.2.3')
  assertNarrow(help)
  assert.equal(
    help,
    `Cloudlet 1.2.3

Usage: cloudlet COMMAND [ARGUMENTS] [OPTIONS]

  serve        Run the server
group
  group:add    Make a group
user
  user:add     Make an account
  user:delete  A summary that is a good deal longer than what fits into the
               space that one line of a terminal leaves for it

cloudlet COMMAND --help explains a command.
`,
  )
})

test('a list of no commands is still a help', () => {
  assert.match(helpForAll([], '1.2.3'), /^Cloudlet 1\.2\.3\n\nUsage: /)
})
