package import ErgonModel

/// What the power of a zone emitted on average over a year, where nothing better is known.
/// - Parameter zone: `DE`, `GB`, `US-CA`.
package func yearlyIntensity(of zone: String) -> CarbonIntensity? {
    yearlyGrams[zone].map { CarbonIntensity(microgramsPerKilowattHour: Int64($0 * 1e6)) }
}

/// The zones for which there is one, in ascending order.
package let zonesWithYearlyIntensity = yearlyGrams.keys.sorted()

/// g CO2e/kWh by country or region, of the years 2019 to 2022: Green Algorithms (L. Lannelongue,
/// J. Grealey, M. Inouye, `GreenAlgorithms/green-algorithms-tool`, CC-BY-4.0), which names the
/// sources of each.
private let yearlyGrams: [String: Double] = [
    "AE": 417.89, "AR": 307, "AT": 111.18, "AU": 840, "AU-ACT": 870, "AU-NSW": 870, "AU-NT": 620,
    "AU-NT2": 540, "AU-QLD": 920, "AU-SA": 420, "AU-TAS": 180, "AU-VIC": 1060, "AU-WA1": 580,
    "AU-WA2": 700, "BE": 161.89, "BG": 372.12, "BR": 61.7, "CA": 120, "CA-AB": 670, "CA-BC": 19.7,
    "CA-MT": 1.3, "CA-NB": 270, "CA-NL": 29, "CA-NS": 810, "CA-NT": 200, "CA-NU": 900,
    "CA-ON": 30, "CA-PE": 2, "CA-QC": 1.5, "CA-SK": 710, "CA-YT": 111, "CH": 11.52, "CN": 537.4,
    "CN-HK": 710, "CN-HK2": 650, "CY": 642.9, "CZ": 495.49, "DE": 338.66, "DK": 142.52,
    "EE": 598.69, "ES": 171.03, "FI": 95.32, "FR": 51.28, "GB": 231.12, "GR": 410.01,
    "HR": 226.96, "HU": 243.75, "ID": 717.7, "IE": 335.99, "IL": 558, "IN": 708.2, "IS": 0.13,
    "IT": 323.84, "JP": 465.8, "KR": 415.6, "LT": 253.56, "LU": 101.36, "LV": 215.67,
    "MT": 390.62, "MX": 431.4, "NL": 374.34, "NO": 7.62, "NZ": 110.1, "PL": 759.62, "PT": 201.55,
    "RO": 261.84, "RS": 776.69, "RU": 310.2, "SA": 505.9, "SE": 5.67, "SG": 408, "SI": 224.05,
    "SK": 155.48, "TH": 481, "TR": 375, "TW": 509, "US": 423.94, "US-AK": 462.33, "US-AL": 344.37,
    "US-AR": 454.4, "US-AZ": 351.99, "US-CA": 216.43, "US-CO": 582.34, "US-CT": 253,
    "US-DC": 382.68, "US-DE": 360.68, "US-FL": 402.2, "US-GA": 345.58, "US-HI": 731.21,
    "US-IA": 293.85, "US-ID": 101.89, "US-IL": 265.8, "US-IN": 740.02, "US-KS": 384.08,
    "US-KY": 804.75, "US-LA": 363.82, "US-MA": 420.32, "US-MD": 308.21, "US-ME": 109,
    "US-MI": 448.08, "US-MN": 367.93, "US-MO": 773, "US-MS": 427.07, "US-MT": 435.87,
    "US-NC": 309.73, "US-ND": 663.05, "US-NE": 573.51, "US-NH": 118.44, "US-NJ": 235.1,
    "US-NM": 601.77, "US-NV": 342.25, "US-NY": 199.01, "US-OH": 598.58, "US-OK": 338.44,
    "US-OR": 163.15, "US-PA": 333.19, "US-RI": 395.27, "US-SC": 245.48, "US-SD": 162.69,
    "US-TN": 272.89, "US-TX": 409.16, "US-UT": 747.82, "US-VA": 308, "US-VT": 14.45,
    "US-WA": 101.84, "US-WI": 569.39, "US-WV": 919.34, "US-WY": 950.5, "UY": 129, "WORLD": 475,
    "ZA": 900.6,
]
