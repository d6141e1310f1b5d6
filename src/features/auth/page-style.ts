/** Style sheet of the pages. Colours are variables of the theme's `/apps/theming/page.css`. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --card: #ffffff; --text: #1c2126; --quiet: #5b6570; --line: #c9d1d9; --edge: #87919b; --wrong: #b3261e; --wrong-back: #fdecea }
@media (prefers-color-scheme: dark) { :root { --card: #1d2227; --text: #e9edf1; --quiet: #a3adb8; --line: #48525c; --edge: #7a8691; --wrong: #ffb4ab; --wrong-back: #45201d } }
* { box-sizing: border-box }
html { font: 100%/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; color: var(--text) }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 1.5rem; padding: 1.5rem 1rem; background: var(--page-back, #1f6f8b) var(--page-image, none) center / cover no-repeat fixed }
.card { width: 100%; max-width: 25rem; background: var(--card); border-radius: 1rem; padding: 2rem; box-shadow: 0 .5rem 2.5rem #0000002e }
header { text-align: center; margin-bottom: 1.5rem }
.logo { width: auto; max-width: 100%; height: 4.5rem; object-fit: contain }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0 0; overflow-wrap: anywhere }
h2 { font-size: 1.125rem; margin: 1.5rem 0 .5rem }
p { margin: .5rem 0 }
label { display: block; font-weight: 600; margin: 1rem 0 .25rem }
input { width: 100%; font: inherit; color: inherit; background: transparent; border: 1px solid var(--edge); border-radius: .5rem; padding: .625rem .75rem }
button, .button { display: block; width: 100%; font: inherit; font-weight: 600; text-align: center; text-decoration: none; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .5rem; padding: .75rem 1rem; margin-top: 1.5rem; cursor: pointer; background: var(--primary, #1f6f8b); color: var(--primary-text, #ffffff) }
button.second, .button.second { background: transparent; color: inherit; border-color: var(--edge); margin-top: .75rem }
button:hover { filter: brightness(1.08) }
:focus-visible { outline: 3px solid color-mix(in srgb, var(--primary, #1f6f8b), var(--text)); outline-offset: 2px }
.wrong { margin: 0 0 1rem; padding: .75rem 1rem; border-radius: .5rem; color: var(--wrong); background: var(--wrong-back) }
.quiet { color: var(--quiet); font-size: .9375rem }
.wide { max-width: 42rem }
.devices { list-style: none; margin: 1rem 0; padding: 0 }
.devices > li { padding: .875rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere }
.facts { display: flex; flex-wrap: wrap; gap: 0 1rem; color: var(--quiet); font-size: .9375rem; margin: .125rem 0 .375rem }
summary { cursor: pointer; width: fit-content; padding: .25rem 0 }
.profile { text-align: center }
.portrait { width: 8rem; height: 8rem; border-radius: 50% }
.prose { white-space: pre-line; text-align: start; overflow-wrap: anywhere }
.box { display: flex; align-items: center; gap: .625rem; font-weight: 400 }
.box input { width: 1.25rem; height: 1.25rem; flex: none }
.danger { color: var(--wrong) }
button.second.danger { color: var(--wrong) }
.said { margin: 0 0 1rem; padding: .75rem 1rem; border: 1px solid var(--edge); border-radius: .5rem }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.code { text-align: center }
.code img { background: #ffffff; padding: .75rem; border-radius: .5rem; max-width: 100%; height: auto }
.codes { list-style: none; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .5rem }
dl { margin: 0 } dt { font-weight: 600; margin-top: .75rem } dd { margin: .25rem 0 0 }
code { display: block; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .5rem; overflow-wrap: anywhere }
a { color: inherit }
footer { color: var(--page-text, #ffffff); font-size: .875rem; text-align: center; overflow-wrap: anywhere }
footer p { margin: 0 }
@media (max-width: 26rem) { .card { padding: 1.5rem 1.25rem } }
@media (prefers-reduced-motion: no-preference) { button { transition: filter .12s } }
`
