import { findClosing } from './shell-brackets.ts';
import type { ShellCommand, ShellLoop, ShellScript } from './shell-script.ts';

const closing: Readonly<Record<string, string>> = { fi: 'if', done: 'do', esac: 'case', '}': '{', ')': '(' };
const withinIf: readonly string[] = ['then', 'elif', 'else'];
const deepest = 20;
/** Each loop keeps the commands in it, so that loops in loops without end take more memory than there is. */
const deepestBlock = 100;

/**
 * Takes a script for sh apart into its simple commands, those within substitutions among them. It knows quotes,
 * substitutions, here-documents, loops and conditions, and it is no shell: what eval or an alias makes of words, it can
 * not know.
 */
export function readShell(script: string): ShellScript {
  return new ShellReader(script, 0).read();
}

interface Open {
  readonly keyword: string;
  readonly line: number;
  /** How many commands came before it. */
  readonly first: number;
}

class ShellReader {
  readonly #text: string;
  readonly #depth: number;
  readonly #commands: ShellCommand[] = [];
  readonly #loops: ShellLoop[] = [];
  readonly #open: Open[] = [];
  readonly #documents: { readonly end: string; readonly tabs: boolean }[] = [];
  #problem: ShellScript['problem'];
  #at = 0;
  #line = 0;
  #word: string | undefined;
  #quoted = false;
  #words: string[] = [];
  #redirects: { operator: string; target: string }[] = [];
  #redirect: string | undefined;
  #before = '';
  #startLine = 0;

  constructor(text: string, depth: number) {
    this.#text = text;
    this.#depth = depth;
  }

  read(): ShellScript {
    while (this.#at < this.#text.length && this.#problem === undefined) this.#step();
    this.#endCommand('');
    const open = this.#open.at(-1);
    if (open !== undefined) this.#fail(`${open.keyword} is not ended`, open.line);
    return { commands: this.#commands, loops: this.#loops, problem: this.#problem };
  }

  #fail(text: string, line = this.#line): void {
    this.#problem ??= { line, text };
  }

  #step(): void {
    const rest = this.#text.slice(this.#at, this.#at + 3);
    const [character = ''] = rest;
    if (character === '\\') return this.#takeEscape();
    if (character === "'") return this.#takeSingle();
    if (character === '"') return this.#takeDouble();
    if (character === '$' || character === '`') return this.#takeExpansion();
    if (character === '#' && this.#word === undefined) return this.#skipComment();
    if (character === ' ' || character === '\t' || character === '\r') return this.#endWordAt(1);
    if (character === '\n') return this.#endLine();
    if (character === '<' || character === '>') return this.#takeRedirect();
    if (/^[;&|()]/.test(character)) return this.#takeOperator(rest);
    this.#add(character);
  }

  #add(text: string): void {
    if (this.#word === undefined && this.#words.length === 0) this.#startLine = this.#line;
    this.#word = (this.#word ?? '') + text;
    this.#line += text.split('\n').length - 1;
    this.#at += text.length;
  }

  #takeEscape(): void {
    const next = this.#text[this.#at + 1] ?? '';
    this.#at += 1;
    if (next === '\n') {
      this.#at += 1;
      this.#line += 1;
      return;
    }
    this.#quoted = true;
    this.#add(next);
  }

  #takeSingle(): void {
    const end = this.#text.indexOf("'", this.#at + 1);
    if (end < 0) return this.#fail("a ' is not closed");
    this.#quoted = true;
    this.#at += 1;
    this.#add(this.#text.slice(this.#at, end));
    this.#at += 1;
  }

  #takeDouble(): void {
    const line = this.#line;
    this.#quoted = true;
    this.#at += 1;
    this.#add('');
    while (this.#text[this.#at] !== '"') {
      const character = this.#text[this.#at];
      if (character === undefined || this.#problem !== undefined) return this.#fail('a " is not closed', line);
      if (character === '\\') {
        this.#at += 1;
        this.#add(this.#text[this.#at] ?? '');
      } else if (character === '$' || character === '`') this.#takeExpansion();
      else this.#add(character);
    }
    this.#at += 1;
  }

  /** `$NAME`, `${...}`, `$((...))`, `$(...)` and backticks; the commands within are read as well. */
  #takeExpansion(): void {
    const start = this.#text.slice(this.#at, this.#at + 3);
    if (start.startsWith('`')) {
      const end = this.#text.slice(this.#at + 1).search(/(?<!\\)`/);
      if (end < 0) return this.#fail('a ` is not closed');
      return this.#takeInner(1, this.#at + 1 + end);
    }
    if (start === '$((') return this.#addThrough(findClosing(this.#text, this.#at + 2, ')') + 1, '$(( is not closed');
    if (start.startsWith('${')) return this.#addThrough(findClosing(this.#text, this.#at + 1, '}'), '${ is not closed');
    if (!start.startsWith('$(')) return this.#add('$');
    const end = findClosing(this.#text, this.#at + 1, ')');
    return end < 0 ? this.#fail('$( is not closed') : this.#takeInner(2, end);
  }

  #addThrough(end: number, problem: string): void {
    if (end <= 0) return this.#fail(problem);
    this.#add(this.#text.slice(this.#at, end + 1));
  }

  #takeInner(skip: number, end: number): void {
    if (this.#depth >= deepest) return this.#fail('substitutions are nested too deeply');
    const { commands, loops, problem } = new ShellReader(this.#text.slice(this.#at + skip, end), this.#depth + 1).read();
    const shift = <Part extends { line: number }>(part: Part): Part => ({ ...part, line: part.line + this.#line });
    // Not push(...commands): more arguments than the stack holds are an error.
    for (const command of commands) this.#commands.push({ ...shift(command), captured: true });
    for (const loop of loops) this.#loops.push(shift(loop));
    if (problem !== undefined) this.#problem ??= shift(problem);
    this.#add(this.#text.slice(this.#at, end + 1));
  }

  #skipComment(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  #takeRedirect(): void {
    const [operator = ''] = /^(?:<<-|<<|<>|<&|<|>>|>\||>&|>)/.exec(this.#text.slice(this.#at, this.#at + 3)) ?? [];
    // A number right before it belongs to it: 2>/dev/null.
    if (this.#word !== undefined && /^\d$/.test(this.#word) && !this.#quoted) this.#word = undefined;
    this.#endWordAt(operator.length);
    this.#redirect = operator;
  }

  #endWordAt(length: number): void {
    this.#at += length;
    const word = this.#word;
    const quoted = this.#quoted;
    this.#word = undefined;
    this.#quoted = false;
    if (word === undefined) return;
    if (this.#redirect !== undefined) {
      if (this.#redirect.startsWith('<<')) this.#documents.push({ end: word, tabs: this.#redirect === '<<-' });
      this.#redirects.push({ operator: this.#redirect, target: word });
      this.#redirect = undefined;
    } else if (quoted || this.#words.length > 0 || !this.#takeKeyword(word)) this.#words.push(word);
    if (this.#words[0] === 'case' && this.#words.at(-1) === 'in' && this.#words.length === 3) {
      this.#endCommand('');
      this.#skipPattern();
    }
  }

  /** Whether a word that begins a command is one that the shell keeps for itself. */
  #takeKeyword(word: string): boolean {
    if (word === '!' || word === 'time') return true;
    const line = this.#line;
    const first = this.#commands.length;
    if (['if', 'while', 'until', '{'].includes(word)) return this.#push({ keyword: word, line, first });
    if (word === 'for' || word === 'case') {
      this.#push({ keyword: word, line, first });
      return false;
    }
    const loop = this.#open.at(-1)?.keyword;
    if (word === 'do') {
      if (!['for', 'while', 'until'].includes(loop ?? '')) this.#fail('do stands here without a loop');
      else this.#push({ keyword: 'do', line, first });
      return true;
    }
    if (withinIf.includes(word)) {
      if (loop !== 'if') this.#fail(`${word} stands here without if`);
      return true;
    }
    // Not closing[word]: every object has a `constructor`.
    if (!Object.hasOwn(closing, word)) return false;
    this.#close(word);
    return true;
  }

  #push(open: Open): true {
    this.#open.push(open);
    if (this.#open.length > deepestBlock) this.#fail('loops and conditions are nested too deeply');
    return true;
  }

  #close(word: string): void {
    if (this.#open.pop()?.keyword !== closing[word]) return this.#fail(`${word} stands here without ${closing[word]}`);
    if (word !== 'done') return;
    const { keyword, line, first } = this.#open.pop()!;
    this.#loops.push({ keyword: keyword as ShellLoop['keyword'], line, commands: this.#commands.slice(first) });
  }

  #takeOperator(rest: string): void {
    const [operator = ''] = /^(?:;;|&&|\|\||[;&|()])/.exec(rest) ?? [];
    const named = operator === '(' ? this.#word : undefined;
    if (named !== undefined && this.#words.length === 0 && /^\(\s*\)/.test(this.#text.slice(this.#at))) {
      this.#word = undefined;
      this.#at = this.#text.indexOf(')', this.#at) + 1;
      return;
    }
    this.#endWordAt(operator.length);
    this.#endCommand(operator === '(' || operator === ')' ? '' : operator);
    if (operator === '(') this.#push({ keyword: '(', line: this.#line, first: this.#commands.length });
    if (operator === ')') this.#close(')');
    if (operator === ';;') this.#skipPattern();
  }

  #endLine(): void {
    this.#endWordAt(1);
    this.#endCommand(this.#words.length > 0 || this.#before === '' ? ';' : this.#before);
    this.#line += 1;
    for (const { end, tabs } of this.#documents.splice(0)) this.#skipDocument(end, tabs);
  }

  #skipDocument(end: string, tabs: boolean): void {
    const first = this.#line - 1;
    while (this.#at < this.#text.length) {
      const lineEnd = this.#text.indexOf('\n', this.#at);
      const line = this.#text.slice(this.#at, lineEnd < 0 ? undefined : lineEnd);
      this.#at = lineEnd < 0 ? this.#text.length : lineEnd + 1;
      this.#line += 1;
      if ((tabs ? line.replace(/^\t+/, '') : line) === end) return;
    }
    this.#fail(`the here-document is not ended by ${end}`, first);
  }

  /** The pattern of a case, up to its `)`; where the case ends instead, nothing. */
  #skipPattern(): void {
    const found = /^(?:\s|;|#.*)*/.exec(this.#text.slice(this.#at))?.[0] ?? '';
    this.#line += found.split('\n').length - 1;
    this.#at += found.length;
    if (/^esac\b/.test(this.#text.slice(this.#at))) return;
    const end = this.#text.indexOf(')', this.#at);
    if (end < 0) return this.#fail('a pattern of case is not ended');
    this.#line += this.#text.slice(this.#at, end).split('\n').length - 1;
    this.#at = end + 1;
    this.#before = '';
  }

  #endCommand(operator: string): void {
    this.#endWordAt(0);
    if (this.#words.length > 0 || this.#redirects.length > 0)
      this.#commands.push({
        words: this.#words,
        redirects: this.#redirects,
        line: this.#startLine,
        before: this.#before,
      });
    this.#words = [];
    this.#redirects = [];
    this.#redirect = undefined;
    this.#before = operator;
  }
}
