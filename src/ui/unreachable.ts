/** Ends a switch over a union: leaving out an arm is an error of compilation, and of the program should one slip through. */
export function unreachable(value: never): never {
  throw new TypeError(`no case handles ${JSON.stringify(value)}`);
}
