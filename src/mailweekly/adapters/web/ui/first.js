/* Before the first paint: what this browser remembers of the studio's own looks. Everything else is in the address. */
{
  const kept = (name) => {
    try {
      return localStorage.getItem(`mailweekly-${name}`);
    } catch {
      return null; // storage is off
    }
  };
  const root = document.documentElement;
  for (const name of ["theme", "keys"]) if (kept(name)) root.dataset[name] = kept(name);
  for (const side of ["left", "right"]) if (/^\d{1,4}$/.test(kept(side) ?? "")) root.style.setProperty(`--${side}`, `${kept(side)}px`);
}
