// Tells the server this browser's time zone, for the next page; it stays as it is where the person chose UTC.
const YEAR = 365 * 86400;
const here = Intl.DateTimeFormat().resolvedOptions().timeZone?.replace(/^UTC$/, "Etc/UTC");
const said = document.cookie.match(/(?:^|; )zone=([^;]*)/)?.[1];

if (here && said !== "UTC" && said !== here) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `zone=${here}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
}
