import mustache from 'mustache';

/** What Mustache.parse returns: kind, name, start, end and, for sections, the tokens inside. */
type Token = readonly [kind: string, name: string, start: number, end: number, inside?: readonly Token[]];

/** The objects that a name is looked for in, the innermost last. */
type Scope = readonly unknown[];

interface Findings {
  /** The keys that the template names, by the object that holds them. */
  readonly used: Map<object, Set<string>>;
  readonly problems: Set<string>;
}

/**
 * Fills in a template, as it is and without any escaping: views hold text that is already right for its target.
 * Template and view must match exactly, whatever branches the view takes.
 * @throws Error that names every variable without a value and every value without a variable.
 */
export function renderTemplate(template: string, view: object): string {
  const writer = new mustache.Writer();
  const findings: Findings = { used: new Map(), problems: new Set() };
  visit(findings, view);
  checkTokens(writer.parse(template) as readonly Token[], [view], findings);
  for (const [object, names] of findings.used)
    for (const key of Object.keys(object)) if (!names.has(key)) findings.problems.add(`the view's ${key} is not used`);
  if (findings.problems.size > 0) throw new Error(`the template and its view do not match: ${[...findings.problems].join('; ')}`);
  return writer.render(template, view, undefined, { escape: String });
}

function checkTokens(tokens: readonly Token[], scope: Scope, findings: Findings): void {
  for (const [kind, name, , , inside = []] of tokens) {
    if (kind === 'name' || kind === '&') checkVariable(name, scope, findings);
    else if (kind === '#') checkSection(name, inside, scope, findings);
    else if (kind === '^') checkInverted(name, inside, scope, findings);
    else if (kind === '>') findings.problems.add(`{{>${name}}}: partials are not supported`);
  }
}

function checkVariable(name: string, scope: Scope, findings: Findings): void {
  const found = find(name, scope, findings);
  if (found === undefined) findings.problems.add(`{{${name}}} is not in the view`);
  else if (typeof found.value !== 'string' && typeof found.value !== 'number')
    findings.problems.add(`{{${name}}} is neither text nor a number`);
}

function checkSection(name: string, inside: readonly Token[], scope: Scope, findings: Findings): void {
  const found = find(name, scope, findings);
  if (found === undefined) findings.problems.add(`{{#${name}}} is not in the view`);
  else if (!isSectionValue(found.value)) findings.problems.add(`{{#${name}}} is not a list, an object, text or a boolean`);
  else if (isEmpty(found.value)) markNames(inside, scope, findings);
  else
    for (const item of Array.isArray(found.value) ? found.value : [found.value]) {
      if (isObject(item)) visit(findings, item);
      checkTokens(inside, isObject(item) || Array.isArray(found.value) ? [...scope, item] : scope, findings);
    }
}

function checkInverted(name: string, inside: readonly Token[], scope: Scope, findings: Findings): void {
  const found = find(name, scope, findings);
  if (found === undefined) findings.problems.add(`{{^${name}}} is not in the view`);
  else if (isEmpty(found.value)) checkTokens(inside, scope, findings);
  else markNames(inside, scope, findings);
}

/** Counts the names of a branch that is not taken as used; what is missing there can not be told. */
function markNames(tokens: readonly Token[], scope: Scope, findings: Findings): void {
  for (const [kind, name, , , inside = []] of tokens) {
    if (kind !== 'text') find(name, scope, findings);
    markNames(inside, scope, findings);
  }
}

/** Finds a name, dotted or not, and notes each key that it went through. */
function find(name: string, scope: Scope, findings: Findings): { readonly value: unknown } | undefined {
  if (name === '.') return { value: scope.at(-1) };
  const [first = '', ...rest] = name.split('.');
  let holder = scope.findLast((candidate) => isObject(candidate) && Object.hasOwn(candidate, first));
  let value: unknown;
  for (const key of [first, ...rest]) {
    if (!isObject(holder) || !Object.hasOwn(holder, key)) return undefined;
    visit(findings, holder).add(key);
    value = holder[key];
    holder = value;
  }
  return { value };
}

function visit(findings: Findings, object: object): Set<string> {
  const names = findings.used.get(object) ?? new Set<string>();
  findings.used.set(object, names);
  return names;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSectionValue(value: unknown): boolean {
  return typeof value === 'boolean' || typeof value === 'string' || Array.isArray(value) || isObject(value);
}

/** Whether mustache leaves a section with this value out. */
function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : !value;
}
