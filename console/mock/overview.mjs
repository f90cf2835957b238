// The overview of the mock.
import { DAY, HOUR, NODES, RULES, SEVERITIES } from "./data.mjs";
import { answer, bySeverity, gapsIn, histogram, parse, select, wire } from "./query.mjs";

const CRITERIA = [
  ["CC6.1", "Logical access"], ["CC6.2", "Registration of users"], ["CC6.3", "Roles and least privilege"], ["CC6.6", "Threats from outside"],
  ["CC6.7", "Movement of data"], ["CC6.8", "Unauthorised software"], ["CC7.1", "Changes and weaknesses"], ["CC7.2", "Anomalies"], ["CC7.3", "Evaluation of events"], ["CC8.1", "Changes"],
];

export function overview(world, params) {
  const started = Date.now();
  const query = parse(params);
  const span = query.to - query.from;
  const { rows, suppressed } = select(world.rows, query);
  const before = select(world.rows, { ...query, from: query.from - span, to: query.from });
  const now = bySeverity(rows);
  const then = bySeverity(before.rows);
  const all = select(world.rows, query, true).rows;
  const step = [60, 300, 900, 3600, 21_600, 86_400].find((s) => span / 1000 / s <= 200) ?? 86_400;
  const hours = histogram(all, query, step).map((bar) => {
    const total = Object.values(bar.severity).reduce((a, b) => a + b, 0);
    const hour = new Date(bar.from).getUTCHours();
    if (step > 3600) return { ...bar, spike: false, median: null };
    const median = Math.round(((hour > 6 && hour < 18 ? 52 : 24) * step) / 3600);
    return { ...bar, spike: total > median * 2.2, median };
  });
  const dayCount = Math.min(100, Math.floor((query.to - 1) / DAY) - Math.floor(query.from / DAY) + 1);
  const lastDay = Math.floor((query.to - 1) / DAY) * DAY;
  const days = Array.from({ length: dayCount }, (_, i) => lastDay - (dayCount - 1 - i) * DAY);
  const perDayOf = new Map();
  for (const r of select(world.rows, { ...query, from: days[0], to: lastDay + DAY }).rows) for (const c of r.criteria) perDayOf.set(`${c}${Math.floor(r._t / DAY)}`, (perDayOf.get(`${c}${Math.floor(r._t / DAY)}`) ?? 0) + 1);
  const criteria = CRITERIA.map(([criterion, name], c) => ({
    criterion,
    name,
    days: days.map((day) => {
      const gaps = world.gaps.filter((g) => g.from < day + DAY && g.to > day);
      const none = criterion === "CC6.2" || Date.now() - day > 84 * DAY;
      const dead = c === 4 && Math.floor(day / DAY) % 37 === 0;
      const share = dead ? 0 : gaps.length > 0 ? Math.max(0, 1 - gaps.reduce((s, g) => s + (Math.min(g.to, day + DAY) - Math.max(g.from, day)) / DAY / NODES.length, 0)) : 1;
      return {
        state: none ? "none" : dead ? "not" : share < 1 ? "partial" : "observed",
        findings: none ? 0 : (perDayOf.get(`${criterion}${day / DAY}`) ?? 0),
        share: none ? 0 : share,
        why: none ? ["no rule of this control was loaded"] : dead ? ["source down: k8s_audit"] : gaps.map((g) => `${g.node}: ${g.cause}`),
      };
    }),
  }));
  const firstDay = Math.max(Math.floor(query.from / DAY), lastDay / DAY - 99);
  const rules = RULES.map((r) => {
    const mine = rows.filter((x) => x.rule === r.rule);
    const per = Array.from({ length: lastDay / DAY - firstDay + 1 }, () => 0);
    for (const x of mine) if (Math.floor(x._t / DAY) >= firstDay) per[Math.floor(x._t / DAY) - firstDay] += 1;
    return { rule: r.rule, count: mine.length, budget: r.budget, over: per.some((n) => n > r.budget), per_day: per };
  }).sort((a, b) => b.count - a.count);
  const ages = [["under 1 h", 0, HOUR], ["1 h to 1 day", HOUR, DAY], ["1 to 7 days", DAY, 7 * DAY], ["7 to 30 days", 7 * DAY, 30 * DAY], ["over 30 days", 30 * DAY, Infinity]];
  const open = world.rows.filter((r) => r.suppressed === null && r.acknowledged === null && r.decision === null && r._t > Date.now() - 40 * DAY);
  const buckets = ages.map(([label, a, b]) => ({ label, severity: bySeverity(open.filter((r) => Date.now() - r._t >= a && Date.now() - r._t < b)) }));
  return {
    answer: answer(params, query, world.rows, suppressed, world.gaps, started),
    severity: SEVERITIES.map((severity) => ({ severity, count: now[severity], before: then[severity] })),
    suppressed: { count: suppressed, before: before.suppressed },
    hours,
    controls: { days: days.map((d) => new Date(d).toISOString().slice(0, 10)), criteria },
    rules,
    open: { buckets, oldest: open.length > 0 ? wire(open[0]) : null },
    gaps: gapsIn(world.gaps, query, params, world.extra.nothing),
  };
}
