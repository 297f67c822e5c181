package records

// All names, addresses and numbers are made up. Domains end in ".example", and
// telephone numbers lie in ranges that are kept free for stories.

var demoLabels = []Label{{Name: "Hot", Color: "red"}, {Name: "Warm", Color: "yellow"}, {Name: "Cold", Color: "blue"}}

var demoOrganizations = []struct{ name, address, website, industry string }{
	{"Café Lumière", "12 Rue des Tanneurs, 67000 Strasbourg, France", "https://lumiere.example", "Hospitality"},
	{"Bergmann Architekten", "Lindenallee 8, 20144 Hamburg, Germany", "https://bergmann.example", "Architecture"},
	{"Hotel Merikotkas", "Rannaniidu 5, 90502 Haapsalu, Estonia", "https://merikotkas.example", "Hospitality"},
	{"Fjellstad kommune", "Rådhusgata 1, 2609 Lillehammer, Norway", "https://fjellstad.example", "Public sector"},
	{"Studio Verde", "Via dei Glicini 22, 20136 Milano, Italy", "https://studioverde.example", "Interior design"},
	{"Ahlgren & Söner", "Norra Hamngatan 14, 411 14 Göteborg, Sweden", "https://ahlgren.example", "Retail"},
	{"Kirjasto Kaleva", "Kalevankatu 30, 33500 Tampere, Finland", "https://kaleva.example", "Education"},
	{"Brightwater Clinics", "41 Quay Street, Bristol BS1 4QA, United Kingdom", "https://brightwater.example", "Health care"},
	{"Osaka Tea House", "3 Nieuwe Gracht, 3512 LC Utrecht, Netherlands", "https://osakatea.example", "Hospitality"},
	{"Pihlaka Kool", "Pihlaka 2, 50406 Tartu, Estonia", "https://pihlaka.example", "Education"},
	{"Delgado Coworking", "Calle del Olmo 17, 28012 Madrid, Spain", "https://delgado.example", "Coworking"},
	{"Northlight Studios", "Skolas iela 9, Rīga LV-1010, Latvia", "https://northlight.example", "Media"},
	{"Wójcik Meble", "ul. Sosnowa 4, 61-001 Poznań, Poland", "https://wojcik.example", "Retail"},
	{"Seaside Dental", "7 Harbour Road, Cork T12 X8N6, Ireland", "https://seasidedental.example", "Health care"},
	{"Atelier Nordlys", "Vestergade 33, 8000 Aarhus, Denmark", "https://nordlys.example", "Interior design"},
}

// organization is a place in demoOrganizations, -1 for private customers.
var demoPersons = []struct {
	name, job    string
	organization int
	email, phone string
}{
	{"Camille Roux", "Owner", 0, "camille@lumiere.example", "+33 6 39 98 01 14"},
	{"Théo Marchand", "Bar manager", 0, "theo@lumiere.example", "+33 6 39 98 01 15"},
	{"Ulrike Bergmann", "Partner", 1, "u.bergmann@bergmann.example", "+49 170 5550 0112"},
	{"Jan-Ole Petersen", "Architect", 1, "jo.petersen@bergmann.example", "+49 170 5550 0113"},
	{"Selin Aydın", "Project assistant", 1, "s.aydin@bergmann.example", ""},
	{"Kristjan Tamm", "Director", 2, "kristjan@merikotkas.example", "+372 5550 0144"},
	{"Liis Kask", "Housekeeping", 2, "liis@merikotkas.example", "+372 5550 0145"},
	{"Ingrid Solberg", "Head of purchasing", 3, "ingrid.solberg@fjellstad.example", "+47 990 00 121"},
	{"Amund Haugen", "School facilities", 3, "amund.haugen@fjellstad.example", "+47 990 00 122"},
	{"Giulia Ferraro", "Creative director", 4, "giulia@studioverde.example", "+39 320 555 0171"},
	{"Matteo Conti", "Designer", 4, "matteo@studioverde.example", "+39 320 555 0172"},
	{"Maja Ahlgren", "Managing director", 5, "maja@ahlgren.example", "+46 70 174 06 05"},
	{"Elias Nyström", "Buyer", 5, "elias@ahlgren.example", "+46 70 174 06 06"},
	{"Aino Lehtinen", "Head librarian", 6, "aino.lehtinen@kaleva.example", "+358 40 555 0181"},
	{"Oliver Whitcombe", "Facilities lead", 7, "oliver@brightwater.example", "+44 7700 900114"},
	{"Dr Fatima Rahman", "Medical director", 7, "f.rahman@brightwater.example", "+44 7700 900115"},
	{"Grace O'Donnell", "Reception", 7, "grace@brightwater.example", ""},
	{"Haruka Mori", "Owner", 8, "haruka@osakatea.example", "+31 6 5550 0121"},
	{"Bas de Vries", "Shop manager", 8, "bas@osakatea.example", "+31 6 5550 0122"},
	{"Tiina Rebane", "Headmistress", 9, "tiina.rebane@pihlaka.example", "+372 5550 0156"},
	{"Marko Saar", "Caretaker", 9, "marko.saar@pihlaka.example", "+372 5550 0157"},
	{"Lucía Delgado", "Founder", 10, "lucia@delgado.example", "+34 600 555 131"},
	{"Andrés Molina", "Community manager", 10, "andres@delgado.example", "+34 600 555 132"},
	{"Edgars Bērziņš", "Producer", 11, "edgars@northlight.example", "+371 2555 0141"},
	{"Anna Kalniņa", "Set designer", 11, "anna@northlight.example", "+371 2555 0142"},
	{"Paweł Wójcik", "Owner", 12, "pawel@wojcik.example", "+48 600 555 151"},
	{"Zofia Lewandowska", "Purchasing", 12, "zofia@wojcik.example", "+48 600 555 152"},
	{"Siobhán Murphy", "Practice manager", 13, "siobhan@seasidedental.example", "+353 85 555 0161"},
	{"Conor Walsh", "Dentist", 13, "conor@seasidedental.example", ""},
	{"Freja Holm", "Founder", 14, "freja@nordlys.example", "+45 20 55 01 91"},
	{"Mikkel Lund", "Joiner", 14, "mikkel@nordlys.example", "+45 20 55 01 92"},
	{"Nadia Haddad", "", -1, "nadia.haddad@mail.example", "+33 6 39 98 02 31"},
	{"Tomás Ribeiro", "", -1, "tomas.ribeiro@mail.example", "+351 910 555 171"},
	{"Eszter Kovács", "", -1, "eszter.kovacs@mail.example", "+36 20 555 0181"},
	{"Rasmus Põld", "", -1, "rasmus.pold@mail.example", "+372 5550 0177"},
	{"Chiara Bianchi", "", -1, "chiara.bianchi@mail.example", "+39 320 555 0188"},
	{"Johannes van den Berg-Oosterhuis", "", -1, "johannes@mail.example", "+31 6 5550 0144"},
	{"Meera Nair", "", -1, "meera.nair@mail.example", "+44 7700 900188"},
	{"Nguyễn Thị Lan", "", -1, "lan.nguyen@mail.example", "+49 170 5550 0199"},
	{"Yusuf Demir", "", -1, "", "+49 170 5550 0200"},
}

// stage is a place in the pipeline; waits is days in the stage, closes is days
// from now.
var demoDeals = []struct {
	title         string
	person        int
	stage         int
	euros         int64
	status        string
	reason        string
	waits, closes int
}{
	{"Terrace furniture for the summer", 0, 3, 18_400, "open", "", 2, 14},
	{"Bar stools, second delivery", 1, 1, 3_250, "open", "", 5, 30},
	{"Reading room, Altona office", 2, 2, 46_800, "open", "", 4, 45},
	{"Meeting tables ×6", 3, 4, 21_900, "open", "", 1, 7},
	{"40 guest rooms: beds and desks", 5, 3, 128_000, "open", "", 6, 60},
	{"Lobby seating", 6, 0, 12_600, "open", "", 1, 40},
	{"School desks, framework agreement", 7, 4, 214_500, "open", "", 9, 21},
	{"Chairs for two gyms", 8, 1, 16_750, "open", "", 3, 35},
	{"Showroom concept in oak", 9, 2, 38_200, "open", "", 8, 50},
	{"Lamps for a private villa", 10, 0, 7_900, "open", "", 0, 25},
	{"Autumn range, opening order", 11, 2, 92_000, "open", "", 3, 28},
	{"Shelving trial", 12, 1, 5_400, "open", "", 11, 20},
	{"Children's corner", 13, 3, 14_300, "open", "", 2, 18},
	{"Waiting areas, five clinics", 14, 2, 67_000, "open", "", 7, 55},
	{"Reception counter", 15, 0, 9_800, "open", "", 2, 33},
	{"Low tables and tatami frames", 17, 3, 11_200, "open", "", 5, 12},
	{"Classroom refit, east wing", 19, 1, 54_000, "open", "", 4, 70},
	{"Hot desks ×60", 21, 4, 73_500, "open", "", 3, 9},
	{"Phone booths", 22, 0, 24_000, "open", "", 1, 48},
	{"Set pieces for a series", 24, 1, 8_700, "open", "", 6, 16},
	{"Dining sets for resale", 25, 2, 31_400, "open", "", 10, 38},
	{"Treatment room cabinets", 27, 0, 15_900, "open", "", 2, 44},
	{"Lounge chairs, limited edition", 29, 4, 27_600, "won", "", 12, -12},
	{"Dining table for ten", 31, 3, 4_150, "won", "", 6, -6},
	{"Wall units", 32, 2, 2_900, "lost", "Delivery would have taken too long", 15, -15},
}

var demoLeads = []struct {
	title  string
	person int
	euros  int64
	label  int
	days   int
	source string
}{
	{"Sofa bed for a guest room", 33, 1_450, 0, 0, "Web chat"},
	{"Garden set, asks for samples", 35, 2_300, 1, 0, "WhatsApp"},
	{"Office corner at home", 37, 980, 1, 1, "Web chat"},
	{"Second café in Colmar", 0, 22_000, 0, 2, "Phone call"},
	{"Corner bench to measure", 34, 1_800, 1, 3, "Facebook"},
	{"Wardrobe with sliding doors", 36, 3_600, 2, 4, "Web form"},
	{"Desks for a start-up of twelve", 38, 8_400, 0, 6, "Fair in Köln"},
	{"Bunk beds for a hostel", 39, 0, 2, 9, "Phone call"},
	{"Library chairs, follow-up order", 13, 6_200, 1, 12, "Email"},
	{"Practice in Kinsale opens in spring", 28, 0, 2, 16, "Email"},
}

var demoNotes = []struct {
	kind string
	at   int
	text string
	days int
}{
	{KindDeal, 0, "Wants the darker teak. Delivery has to be before the terrace opens; Camille will be in the showroom on Thursday.", 2},
	{KindDeal, 4, "Kristjan compares us with one other supplier. Beds decide, desks follow.\nSend the fire safety certificates together with the offer.", 5},
	{KindDeal, 6, "Tender closes at the end of the month. Ingrid needs the price per desk, not per set.", 8},
	{KindDeal, 17, "Lucía agrees with the price if delivery is in two parts.", 3},
	{KindDeal, 3, "Offer accepted by phone, signature missing.", 1},
	{KindPerson, 0, "Prefers WhatsApp over email. Speaks French and English.", 30},
	{KindPerson, 7, "On holiday in the second half of July.", 14},
	{KindPerson, 14, "Calls before nine are fine.", 20},
	{KindOrganization, 2, "42 rooms, renovated floor by floor. The third floor is next.", 6},
	{KindOrganization, 5, "Pays within ten days. Keep the 2 % discount.", 40},
	{KindLead, 0, "Room is 3.2 m wide. Asked whether the cover can be washed.", 0},
	{KindLead, 3, "Same layout as in Strasbourg, a little smaller.", 2},
}
