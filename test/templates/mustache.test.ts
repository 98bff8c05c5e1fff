import { describe, expect, test } from 'vitest';
import { renderTemplate } from '../../src/templates/mustache.ts';

describe('renderTemplate', () => {
  test('leaves text as it is', () => {
    expect(renderTemplate('{{a}} {{{a}}} {{&a}}', { a: `<&"'>` })).toBe(`<&"'> <&"'> <&"'>`);
  });

  test('fills in numbers, sections, inverted sections, lists and dotted names', () => {
    const template =
      '{{#list}}{{name}}={{port}}{{^last}},{{/last}}{{/list}}{{#box}} {{url}}{{/box}} {{a.b}}{{#words}} {{.}}{{/words}}';
    const view = {
      list: [
        { name: 'a', last: false },
        { name: 'b', last: true },
      ],
      port: 0,
      box: { url: 'u' },
      a: { b: 'c' },
      words: ['x', 'y'],
    };
    expect(renderTemplate(template, view)).toBe('a=0,b=0 u c x y');
  });

  test('shows a section of text once and leaves an empty one out', () => {
    expect(renderTemplate('[{{#a}}{{a}}{{b}}{{/a}}]', { a: 'x', b: 'y' })).toBe('[xy]');
    expect(renderTemplate('[{{#a}}{{a}}{{b}}{{/a}}]', { a: false, b: 'y' })).toBe('[]');
  });

  test('counts names as used in whatever branch they stand', () => {
    expect(renderTemplate('{{#none}}{{a}}{{/none}}{{^yes}}{{b}}{{/yes}}', { none: [], a: 'a', yes: true, b: 'b' })).toBe('');
    expect(renderTemplate('{{#items}}{{#some}}{{inner}}{{/some}}{{/items}}', { items: [{ some: false, inner: 'i' }] })).toBe('');
  });

  test('names all unknown variables and unused values at once', () => {
    const render = (): string => renderTemplate('{{a}}{{#list}}{{b}}{{/list}}{{#c}}{{/c}}', { list: [{ d: '1' }], e: '2' });
    expect(render).toThrow(
      'the template and its view do not match: {{a}} is not in the view; {{b}} is not in the view; {{#c}} is not in the view; ' +
        "the view's e is not used; the view's d is not used",
    );
  });

  test.each([
    ['{{constructor}}', {}, '{{constructor}} is not in the view'],
    ['{{a.length}}', { a: 'text' }, '{{a.length}} is not in the view'],
    ['{{a}}', { a: undefined }, '{{a}} is neither text nor a number'],
    ['{{a}}', { a: true }, '{{a}} is neither text nor a number'],
    ['{{#a}}{{/a}}', { a: () => 'x' }, '{{#a}} is not a list'],
    ['{{#a}}{{/a}}', { a: null }, '{{#a}} is not a list'],
    ['{{#a}}{{.}}{{/a}}', { a: [{}] }, '{{.}} is neither text nor a number'],
    ['{{^a}}{{/a}}', {}, '{{^a}} is not in the view'],
    ['{{>other}}', {}, 'partials are not supported'],
    ['{{#a}}', { a: true }, 'Unclosed section'],
  ])('refuses %s', (template, view, message) => {
    expect(() => renderTemplate(template, view)).toThrow(message);
  });
});
