/** The offset of what closes the bracket that is open at an offset, with quotes looked after; -1 where nothing does. */
export function findClosing(text: string, start: number, closing: ')' | '}'): number {
  const open: string[] = [closing];
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at]!;
    const top = open.at(-1);
    if (character === '\\') at += 1;
    else if (character === top) {
      open.pop();
      if (open.length === 0) return at;
    } else if (character === "'" && top === ')') {
      at = text.indexOf("'", at + 1);
      if (at < 0) return -1;
    } else open.push(...opened(text, at, top));
  }
  return -1;
}

/** What has to close what opens at an offset. */
function opened(text: string, at: number, top: string | undefined): string[] {
  if (text.startsWith('$(', at - 1) && text[at] === '(') return [')'];
  if (text.startsWith('${', at - 1) && text[at] === '{') return ['}'];
  if (top === '"') return [];
  if (text[at] === '"') return ['"'];
  return text[at] === '(' && top === ')' ? [')'] : [];
}
