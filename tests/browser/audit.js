// What a reader would stumble over in the mail that is shown; each fault as one line. `ask` names the checks that are wanted.
(ask) => {
  const faults = [];
  const said = (element) => `<${element.tagName.toLowerCase()} class="${element.className}"> ${(element.textContent || element.alt || "").trim().slice(0, 50)}`;
  const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && element.getClientRects().length > 0;
  const style = (element) => getComputedStyle(element);
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const channels = (colour) => {
    const found = colour.match(/[\d.]+/g).map(Number);
    return found.length === 3 ? [...found, 1] : found;
  };
  const over = (top, under) => [0, 1, 2].map((at) => top[at] * top[3] + under[at] * (1 - top[3])).concat(1);
  const behind = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      const colour = channels(style(one).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    const page = matchMedia("(prefers-color-scheme: dark)").matches && style(document.documentElement).colorScheme.includes("dark") ? [18, 18, 18, 1] : [255, 255, 255, 1];
    return layers.reduceRight((under, top) => over(top, under), page);
  };
  const luminance = (colour) => {
    const [red, green, blue] = colour.slice(0, 3).map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (/[\p{L}\p{N}]/u.test(walker.currentNode.data) && !["STYLE", "SCRIPT", "TITLE"].includes(element.tagName) && seen(element)) texts.push(walker.currentNode);
  }
  const blockOf = (element) => {
    let one = element;
    while (style(one).display.startsWith("inline")) one = one.parentElement;
    return one;
  };
  const checks = {
    width() {
      const page = document.documentElement;
      if (page.scrollWidth <= innerWidth) return;
      const wide = [...document.querySelectorAll("body *")].filter((one) => seen(one) && one.getBoundingClientRect().right > innerWidth + 0.5);
      faults.push(`${page.scrollWidth} px on a screen of ${innerWidth}: ${wide.slice(-3).map(said).join(" | ")}`);
    },
    size() {
      for (const text of texts) {
        const element = text.parentElement;
        const size = parseFloat(style(element).fontSize);
        const least = element.closest("sup, sub") ? 10 : 13; // a note's mark or an index, not text to read
        if (size < least) faults.push(`text of ${size} px: ${said(element)}`);
      }
    },
    contrast() {
      for (const text of texts) {
        const element = text.parentElement;
        const { fontSize, fontWeight, color } = style(element);
        const large = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && fontWeight >= 700); // px, WCAG 1.4.3
        const under = behind(element);
        const ratio = contrast(over(channels(color), under), under);
        if (ratio < (large ? 3 : 4.5)) faults.push(`contrast ${ratio.toFixed(2)}, ${color} on ${under}: ${said(element)}`);
      }
    },
    links() {
      for (const link of document.querySelectorAll("a[href]")) {
        if (!seen(link) || !/[\p{L}\p{N}]/u.test(link.textContent)) continue;
        const block = blockOf(link.parentElement);
        const own = link.textContent.trim().length;
        const among = block.textContent.trim().length - own > 3 && !/^H\d$/.test(block.tagName) && style(link).display === "inline";
        const marked = style(link).textDecorationLine.includes("underline") || channels(style(link).backgroundColor)[3] > 0 || [...link.querySelectorAll("*")].some((one) => style(one).textDecorationLine.includes("underline"));
        const heavy = style(link).fontWeight >= 600;
        if (among && !marked && !heavy) faults.push(`a link in a sentence that does not look like one: ${said(link)}`);
      }
    },
    taps() {
      for (const link of document.querySelectorAll("a[href]")) {
        if (!seen(link) || style(link).display === "inline") continue;
        const box = link.getBoundingClientRect();
        const filled = channels(style(link).backgroundColor)[3] > 0 || channels(style(link.parentElement).backgroundColor)[3] > 0;
        const least = filled && link.parentElement.tagName === "TD" ? 44 : 24; // px: a button; WCAG 2.5.8
        if (box.height < least || box.width < 24) faults.push(`a target of ${box.width} x ${box.height} px: ${said(link)}`);
      }
    },
    outline() {
      const ranks = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((one) => Number(one.tagName[1]));
      if (ranks.filter((rank) => rank === 1).length !== 1 || ranks[0] !== 1) faults.push(`headings ${ranks}: not one first, at the top`);
      ranks.forEach((rank, at) => at && rank > ranks[at - 1] + 1 && faults.push(`h${rank} right below h${ranks[at - 1]}`));
      for (const image of document.images) {
        if (!image.hasAttribute("alt") || !/^\d+$/.test(image.getAttribute("width") || "")) faults.push(`a picture without alt or width: ${image.src}`);
      }
      for (const table of document.querySelectorAll("table")) {
        if (table.getAttribute("role") !== "presentation" && !table.querySelector("th")) faults.push(`a layout table that says it is data: ${said(table)}`);
      }
    },
    blocked() {
      for (const image of document.images) {
        const box = image.getBoundingClientRect();
        if (!seen(image) || !image.alt) continue;
        if (image.complete && image.naturalWidth) faults.push(`a picture that was not to be had is there: ${image.src}`);
        canvas.font = `${style(image).fontSize} ${style(image).fontFamily}`;
        const room = Math.max(1, Math.floor(box.height / parseFloat(style(image).fontSize))) * box.width;
        const small = Number(image.getAttribute("width")) < 64; // an icon among words has no room for any
        if (!small && (box.height < 14 || room < canvas.measureText(image.alt).width * 0.9)) faults.push(`no room for the alt text in ${box.width} x ${box.height} px: ${image.alt}`);
        const under = behind(image);
        const ratio = contrast(over(channels(style(image).color), under), under);
        if (ratio < 4.5) faults.push(`alt text of contrast ${ratio.toFixed(2)}: ${image.alt}`);
      }
      const boxes = [...document.querySelectorAll("h1, h2, h3, h4, p, li, pre")].filter((one) => seen(one) && one.textContent.trim() && !one.querySelector("p, li, pre"));
      boxes.slice(1).forEach((one, at) => {
        const [above, below] = [boxes[at].getBoundingClientRect(), one.getBoundingClientRect()];
        const deep = Math.min(above.bottom, below.bottom) - Math.max(above.top, below.top);
        const broad = Math.min(above.right, below.right) - Math.max(above.left, below.left);
        if (deep > 8 && broad > 8 && !boxes[at].contains(one)) faults.push(`${said(one)} lies over ${said(boxes[at])}`);
      });
    },
    rtl() {
      const wrong = (element, what) => faults.push(`${what}: ${said(element)}`);
      for (const block of document.querySelectorAll("h1, h2, h3, h4, p, li, th, td")) {
        if (!seen(block) || !/[\p{L}\p{N}]/u.test(block.textContent) || block.closest("[dir=ltr]") || block.querySelector("p, li, table")) continue;
        const { textAlign, direction } = style(block);
        if (direction !== "rtl" && /\p{Script=Arabic}/u.test(block.textContent)) wrong(block, "not set from the right"); // a Latin name alone may be
        if (!["right", "center", "-webkit-center", direction === "rtl" ? "start" : "end"].includes(textAlign)) wrong(block, `text-align ${textAlign}`);
      }
      for (const list of document.querySelectorAll("ul, ol")) {
        if (seen(list) && !(parseFloat(style(list).paddingRight) > parseFloat(style(list).paddingLeft))) wrong(list, "a list's marks are on the left");
      }
      for (const one of document.querySelectorAll("body *")) {
        const { borderLeftWidth, borderRightWidth } = style(one);
        if (seen(one) && one.closest("[dir=ltr]") === null && parseFloat(borderLeftWidth) > parseFloat(borderRightWidth)) wrong(one, "a border on the left only");
      }
      for (const code of document.querySelectorAll("pre")) {
        if (style(code).direction !== "ltr" || !["left", "start"].includes(style(code).textAlign)) wrong(code, "code set from the right");
      }
    },
  };
  for (const name of ask) checks[name]();
  return [...new Set(faults)];
};
