/** The user name and the password of a URL. */
const CREDENTIALS = /\/\/[^/@\s]*@/g;

/**
 * Shows a value that was found in the configuration, for a message to a person. What may hold a secret is not shown: the
 * credentials of a URL, such as a database's in the wrong place, and the content of an object.
 */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'missing';
    case 'function':
      return 'a function';
    case 'object':
      return describeObject(value);
    case 'number':
    case 'bigint':
    case 'symbol':
      return String(value);
    default:
      return JSON.stringify(value).replaceAll(CREDENTIALS, '//…@');
  }
}

function describeObject(value: object | null): string {
  if (value === null) {
    return 'null';
  }
  const [article, empty] = Array.isArray(value) ? ['an array', '[]'] : ['an object', '{}'];
  return Object.keys(value).length === 0 ? empty : article;
}
