/** A function that takes secrets out of a text, in the forms in which an answer may repeat them: as they are, in JSON, in a URL. */
export function hideSecrets(secrets: readonly string[]): (text: string) => string {
  const forms = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  // The longest first: a secret may be a part of another.
  const ordered = [...new Set(forms)].filter((form) => form !== '').sort((a, b) => b.length - a.length);
  return (text) => ordered.reduce((hidden, form) => hidden.replaceAll(form, '***'), text);
}
