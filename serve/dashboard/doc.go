// Package dashboard serves the page on which people look at releases: built files, embedded, under a strict content policy.
//
// The page is TypeScript in web/; dist/ holds what `node build.mjs` makes of it and is committed, so that the binary is
// built without Node. The page asks the API of the same origin and nobody else.
package dashboard
