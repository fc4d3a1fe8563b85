// SPDX-License-Identifier: MIT

import ScuttlebuttSimulation

/// A picture with two panels over virtual time: how stale the peers are, and what they send.
struct StalenessPlot {
    let title: String
    let series: StalenessSeries
    /// The script whose faults to mark, if there was only one run.
    var script: Script?

    /// The picture as SVG.
    var svg: String {
        let time = ChartAxis(upTo: series.seconds)
        let isOne = series.runs == 1
        let stale = ChartPanel(
            top: ChartPanel.tops[0], title: "Staleness (missing updates per running peer)",
            time: time,
            lines: [
                ChartLine(
                    name: isOne ? "stalest peer" : "stalest peer of all runs", colour: "#d55e00",
                    values: series.mostLacking),
                ChartLine(
                    name: isOne ? "mean of the peers" : "mean of peers and runs",
                    colour: "#0072b2", values: series.lacking),
            ])
        let traffic = ChartPanel(
            top: ChartPanel.tops[1], title: "Traffic (kB per simulated second, whole swarm)",
            time: time,
            lines: [
                ChartLine(
                    name: isOne ? "sent" : "sent, mean of the runs", colour: "#009e73",
                    values: series.kilobytesPerSecond)
            ])
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 600" width="900" height="600" \
            font-family="system-ui, sans-serif" font-size="13" role="img">
            <title>\(ChartText.escaped(title))</title>
            <rect width="900" height="600" fill="#ffffff"/>
            <text x="70" y="32" font-size="17" font-weight="600" fill="#222222">\
            \(ChartText.escaped(title))</text>
            \(marks(time))\(stale.svg)\(traffic.svg)\
            <text x="470" y="588" text-anchor="middle" fill="#444444">\
            Simulated time (seconds)</text>
            </svg>

            """
    }

    /// Grey areas where there is a partition, and a line where the last fault ends.
    private func marks(_ time: ChartAxis) -> String {
        guard let script else { return "" }
        var text = ""
        var begin: Int?
        func shade(until end: Int) {
            guard let start = begin else { return }
            let left = time.x(of: Double(start) / 1_000)
            let width = time.x(of: Double(end) / 1_000) - left
            text += ChartPanel.tops.map { top in
                "<rect x=\"\(ChartText.number(left))\" y=\"\(top)\" "
                    + "width=\"\(ChartText.number(width))\" height=\"\(ChartPanel.height)\" "
                    + "fill=\"#eeeeee\"/>\n"
            }.joined()
        }
        for step in script.steps {
            switch step.command {
            case .partition:
                if begin == nil { begin = step.time }
            case .heal:
                shade(until: step.time)
                begin = nil
            default: break
            }
        }
        let end = script.steps.last?.time ?? 0
        shade(until: end)
        guard Double(end) / 1_000 <= time.limit else { return text + legend }
        let place = ChartText.number(time.x(of: Double(end) / 1_000))
        text += ChartPanel.tops.map { top in
            "<line x1=\"\(place)\" y1=\"\(top)\" x2=\"\(place)\" y2=\"\(top + ChartPanel.height)\" "
                + "stroke=\"#888888\" stroke-dasharray=\"4 4\"/>\n"
        }.joined()
        return text + legend
    }

    private var legend: String {
        "<text x=\"70\" y=\"54\" fill=\"#666666\">grey: partition · dashed: last fault healed"
            + "</text>\n"
    }
}
