(function () {
  var body = document.body, up = body.getAttribute("data-up"), own = body.getAttribute("data-release");
  window.minhuCurrent = function (current) {
    if (current === own) { return; }
    var box = document.getElementById("newer"), a = box.querySelector("a");
    a.href = up + "../" + encodeURIComponent(current) + "/index.html"; a.textContent = current; box.hidden = false;
  };
  var input = document.getElementById("search"), list = document.getElementById("found"), names = null;
  function show() {
    var asked = input.value.trim().toLowerCase(), sound = asked.replace(/[\s']/g, "").replace(/([ln])v/g, "$1u"), box, shown = 0;
    list.textContent = "";
    if (!asked || !names) { return; }
    box = document.createElement("ul");
    for (var i = 0; i < names.length && shown < 12; i += 1) {
      if (names[i][0].toLowerCase().indexOf(asked) < 0 && names[i][2].indexOf(sound) < 0) { continue; }
      var item = document.createElement("li"), a = document.createElement("a");
      a.href = up + names[i][1] + (document.documentElement.lang === "en" ? "?en" : ""); a.textContent = names[i][0]; item.appendChild(a); box.appendChild(item); shown += 1;
    }
    if (!shown) { var none = document.createElement("li"); none.textContent = "无 · none"; box.appendChild(none); }
    list.appendChild(box);
  }
  window.minhuNames = function (found) { names = found; show(); };
  input.hidden = false;
  input.addEventListener("focus", function () {
    if (names || document.getElementById("names")) { return; }
    var s = document.createElement("script"); s.id = "names"; s.src = up + "names.js"; document.head.appendChild(s);
  });
  input.addEventListener("input", show);
  function links() { return Array.prototype.slice.call(list.querySelectorAll("a")); }
  input.parentNode.addEventListener("keydown", function (e) {
    var stops = [input].concat(links()), step = { ArrowDown: 1, ArrowUp: -1 }[e.key], next;
    if (e.key === "Escape") { input.value = ""; show(); input.focus(); return; }
    if (e.key === "Enter" && e.target === input && stops.length > 1) { stops[1].click(); return; }
    next = step && stops[stops.indexOf(e.target) + step];
    if (next) { e.preventDefault(); next.focus(); }
  });
  var figures = {}, waiting = {};
  window.minhuCells = function (id, data) { figures[id] = data; (waiting[id] || []).forEach(function (then) { then(data); }); delete waiting[id]; };
  window.minhuLoad = function (id, file, then) {
    if (figures[id]) { then(figures[id]); return; }
    if (waiting[id]) { waiting[id].push(then); return; }
    waiting[id] = [then];
    var s = document.createElement("script"); s.src = up + "data/" + file + ".js"; document.head.appendChild(s);
  };
  function quoted(said) {
    var shown = said === null ? "" : String(said);
    if (typeof said === "string" && /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/.test(said)) { shown = "'" + said; }
    return /[",\r\n]/.test(shown) ? '"' + shown.replace(/"/g, '""') + '"' : shown;
  }
  function save(id, data) {
    var isEnglish = document.documentElement.lang === "en", link = document.createElement("a"), rows = [isEnglish
      ? ["KPI", "unit", "code", "first day", "value", "interval from", "interval to", "n", "not shown", "provisional"]
      : ["指标", "对象", "代码", "期初", "数值", "区间下限", "区间上限", "n", "未公布", "暂定"]];
    Object.keys(data.cells).forEach(function (unit) {
      Object.keys(data.cells[unit]).sort().forEach(function (day) {
        var cell = data.cells[unit][day];
        rows.push([id, data.names[unit], unit.replace(/^[^/]*\//, ""), day].concat(typeof cell === "string"
          ? [null, null, null, null, data.marks[cell][isEnglish ? 1 : 0], null] : cell.slice(0, 4).concat([null, cell[4] === 1 ? "[p]" : null])));
      });
    });
    link.href = URL.createObjectURL(new Blob(["\ufeff" + rows.map(function (row) { return row.map(quoted).join(","); }).join("\r\n") + "\r\n"], { type: "text/csv" }));
    link.download = id + "_" + own + ".csv"; link.click();
  }
  Array.prototype.forEach.call(document.querySelectorAll("button.save"), function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var id = button.getAttribute("data-id");
      minhuLoad(id, button.getAttribute("data-file"), function (data) { save(id, data); });
    });
  });
})();
